variable "participants" {
  description = "Who takes part in the course, and has no Anaconda account yet."
  type        = set(string)
  default     = ["barbara@example.com", "john@example.com"]
}

action "anaconda_onboard_users" "course" {
  config {
    emails = var.participants
  }
}

# Invites whenever the list of participants changes. By hand:
# `terraform apply -invoke=action.anaconda_onboard_users.course`
resource "terraform_data" "course" {
  input = var.participants

  lifecycle {
    action_trigger {
      events  = [after_create, after_update]
      actions = [action.anaconda_onboard_users.course]
    }
  }
}
