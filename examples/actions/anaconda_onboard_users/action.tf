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

# Invites if the list of participants changes. To invoke the action manually:
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
