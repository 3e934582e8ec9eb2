# People without an Anaconda account. Each gets an account, a seat, a token, and two emails.
resource "anaconda_onboarding" "team" {
  emails = [
    "grace@example.com",
    "edsger@example.com",
  ]

  # Maximum time to wait until the people are members.
  timeouts {
    create = "15m"
  }
}

output "not_there_yet" {
  description = "Whoever could not be onboarded, and why."
  value = {
    for email, user in anaconda_onboarding.team.users : email => user.status if user.status != "member"
  }
}
