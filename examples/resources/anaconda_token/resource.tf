resource "anaconda_user" "ada" {
  email = "ada@example.com"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}

# Ends with the subscription. Another value of `subscription` syncs it again, in place: change it
# when the subscription was renewed.
resource "anaconda_token" "ada" {
  user_id                = anaconda_seat.ada.user_id
  sync_with_subscription = true

  renewal_triggers = {
    subscription = "2026"
  }
}

resource "anaconda_user" "jupyter" {
  first_name = "Jupyter"
  last_name  = "Server-1"
}

resource "anaconda_seat" "jupyter" {
  user_id = anaconda_user.jupyter.id
}

# Ends on a date. A later date keeps the token; another value in `keepers` revokes it and issues one.
resource "anaconda_token" "jupyter" {
  user_id    = anaconda_seat.jupyter.user_id
  expires_at = "2035-12-31T00:00:00Z"

  keepers = {
    rotation = "1"
  }
}

output "jupyter_token" {
  description = "`terraform output -raw jupyter_token`"
  value       = anaconda_token.jupyter.token
  sensitive   = true
}
