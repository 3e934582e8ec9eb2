# Grace leaves the onboarding and remains a member, because an `anaconda_user` now manages her.
resource "anaconda_onboarding" "team" {
  emails          = ["edsger@example.com"]
  released_emails = ["grace@example.com"]
}

import {
  to = anaconda_user.grace
  id = "grace@example.com"
}

resource "anaconda_user" "grace" {
  email = "grace@example.com"
}
