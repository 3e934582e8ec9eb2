output "missing" {
  description = "Who is not a member, and why: `in_process`, or `unavailable` for want of a seat or because of an existing account."
  value = {
    for email, user in anaconda_onboarding.students.users : email => user.status if user.status != "member"
  }
}

output "seats_left" {
  description = "As of the last invitation."
  value       = anaconda_onboarding.students.available_organization_seats
}
