# Grace leaves the onboarding and stays a member, as an `anaconda_user` manages her from now on.
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
