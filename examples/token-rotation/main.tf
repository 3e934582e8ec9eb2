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

variable "subscription" {
  description = "A change renews the token of the person: it expires at the subscription end date again."
  type        = string
  default     = "2026"
}

variable "rotation" {
  description = "A change rotates the token of the server: the provider revokes it, and issues a new one."
  type        = string
  default     = "1"
}

resource "anaconda_user" "ada" {
  email = "ada@example.com"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}

# Renewed by a trigger, and by each run in the last week before the expiration date.
resource "anaconda_token" "ada" {
  user_id                = anaconda_seat.ada.user_id
  sync_with_subscription = true
  early_renewal_hours    = 168

  renewal_triggers = {
    subscription = var.subscription
  }
}

resource "anaconda_user" "server" {
  first_name = "Jupyter"
  last_name  = "Server-1"
}

resource "anaconda_seat" "server" {
  user_id = anaconda_user.server.id
}

# Rotated by `keepers`.
resource "anaconda_token" "server" {
  user_id    = anaconda_seat.server.user_id
  expires_at = "2035-12-31T00:00:00Z"

  keepers = {
    rotation = var.rotation
  }
}

output "server_token" {
  description = "`terraform output -raw server_token`"
  value       = anaconda_token.server.token
  sensitive   = true
}
