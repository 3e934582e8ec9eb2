# A course: invites people without an Anaconda account. `terraform destroy` offboards exactly the people
# whom this configuration added.

# Set the credentials with environment variables: ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID, and
# ANACONDA_CLIENT_SECRET.
provider "anaconda" {}

variable "students" {
  description = "Email addresses of the participants."
  type        = set(string)
  default     = ["barbara@example.com", "donald@example.com", "john@example.com"]
}

# Anaconda creates an account, assigns a seat, issues a token, and sends emails for each person. A new
# email address invites a person, and a removed one offboards a person.
resource "anaconda_onboarding" "students" {
  emails = var.students

  # A change invites the people again who are not members, for example after you bought seats.
  triggers = {
    round = "1"
  }

  timeouts {
    create = "15m"
  }
}

# A person who has an account cannot be onboarded. The teacher has one, so this configuration adds the
# user, the seat, and the token separately.
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
