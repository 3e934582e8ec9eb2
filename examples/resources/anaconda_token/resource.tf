resource "anaconda_user" "ada" {
  email = "ada@example.com"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}

# Expires with the subscription. After a renewal of the subscription, change `subscription` to sync the
# token in place.
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

# Expires on a date. A later date updates the token in place. A change of `keepers` rotates it.
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
