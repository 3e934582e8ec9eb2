# A course begins: people without an Anaconda account are invited all at once, and leave when the
# course ends. `terraform destroy` offboards exactly those whom this configuration brought in.

# Credentials come from the environment, so that none is in this file:
# ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID and ANACONDA_CLIENT_SECRET.
provider "anaconda" {}

variable "students" {
  description = "The e-mail addresses of those who take part."
  type        = set(string)
  default     = ["barbara@example.com", "donald@example.com", "john@example.com"]
}

# Anaconda makes the account, assigns a seat, issues a token and writes to each of them. An address
# more invites one person more; an address less offboards one.
resource "anaconda_onboarding" "students" {
  emails = var.students

  # Another value asks again for those who are not there yet, such as after seats were bought.
  triggers = {
    round = "1"
  }

  timeouts {
    create = "15m"
  }
}

# Somebody who has an account cannot be onboarded. The teacher does, so the three steps are taken
# one by one.
resource "anaconda_user" "teacher" {
  email = "grace@example.com"
}

resource "anaconda_seat" "teacher" {
  user_id = anaconda_user.teacher.id
}

resource "anaconda_token" "teacher" {
  user_id                = anaconda_seat.teacher.user_id
  sync_with_subscription = true
}
