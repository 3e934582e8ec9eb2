variable "leaver" {
  description = "The address of a person who leaves, and whom Terraform does not manage."
  type        = string
  default     = "edsger@example.com"
}

# Revokes the tokens, unassigns the seat, and removes the user:
# `terraform apply -invoke=action.anaconda_offboard_user.leaver`
action "anaconda_offboard_user" "leaver" {
  config {
    email   = var.leaver
    confirm = true
  }
}
