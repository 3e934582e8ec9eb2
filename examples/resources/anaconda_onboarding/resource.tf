# People without an Anaconda account. Each gets one, with a seat and a token, and two mails.
resource "anaconda_onboarding" "team" {
  emails = [
    "grace@example.com",
    "edsger@example.com",
  ]

  # How long to wait until they are members.
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
