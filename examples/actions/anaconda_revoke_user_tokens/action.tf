variable "leaked" {
  description = "The UUID of the user whose token has leaked."
  type        = string
  default     = "7d1f8a52-0000-4000-8000-000000000001"
}

# Every client that uses a token of this user loses access immediately:
# `terraform apply -invoke=action.anaconda_revoke_user_tokens.leaked`
action "anaconda_revoke_user_tokens" "leaked" {
  config {
    user_id = var.leaked
    confirm = true
  }
}
