variable "subscription_year" {
  description = "Another value renews the token: for when the subscription was renewed."
  type        = string
  default     = "2026"
}

# Sets the expiration date of a token that Terraform does not manage to the subscription end date.
action "anaconda_renew_token" "build_server" {
  config {
    user_id = "7d1f8a52-0000-4000-8000-000000000001"
  }
}

resource "terraform_data" "subscription" {
  input = var.subscription_year

  lifecycle {
    action_trigger {
      events  = [after_update]
      actions = [action.anaconda_renew_token.build_server]
    }
  }
}
