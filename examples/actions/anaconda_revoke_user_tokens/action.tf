variable "leaked" {
  description = "The UUID of the user whose token has leaked."
  type        = string
  default     = "7d1f8a52-0000-4000-8000-000000000001"
}

# Whoever uses a token of this user is locked out at once:
# `terraform apply -invoke=action.anaconda_revoke_user_tokens.leaked`
action "anaconda_revoke_user_tokens" "leaked" {
  config {
    user_id = var.leaked
    confirm = true
  }
}
