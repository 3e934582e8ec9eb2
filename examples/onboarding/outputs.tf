output "missing" {
  description = "People who are not members, with their status: `in_process`, or `unavailable` (no seat, or an existing account)."
  value = {
    for email, user in anaconda_onboarding.students.users : email => user.status if user.status != "member"
  }
}

output "seats_left" {
  description = "Available seats after the last invitation."
  value       = anaconda_onboarding.students.available_organization_seats
}
