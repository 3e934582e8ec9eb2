terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

# Set the credentials with environment variables: ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID, and
# ANACONDA_CLIENT_SECRET.
provider "anaconda" {}

# Anaconda emails the token to the person. It is not in the state.
resource "anaconda_user" "ada" {
  email = "ada@example.com"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}

resource "anaconda_token" "ada" {
  user_id                = anaconda_seat.ada.user_id
  sync_with_subscription = true
  send_token_email       = true
  hide_token             = true
}

# The token of a program is in the state.
resource "anaconda_user" "server" {
  first_name = "Jupyter"
  last_name  = "Server-1"
}

resource "anaconda_seat" "server" {
  user_id = anaconda_user.server.id
}

resource "anaconda_token" "server" {
  user_id    = anaconda_seat.server.user_id
  expires_at = "2035-12-31T00:00:00Z"
}

# A resource of a secret manager's provider can use `anaconda_token.server.token` in the same way.
output "server_token" {
  description = "`terraform output -raw server_token`"
  value       = anaconda_token.server.token
  sensitive   = true
}
