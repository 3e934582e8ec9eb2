terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

# The module under test: a server of a project with its seat and token.
variable "project" {
  type = string
}

resource "anaconda_user" "server" {
  first_name = var.project
  last_name  = "Server"
}

resource "anaconda_seat" "server" {
  user_id = anaconda_user.server.id
}

resource "anaconda_token" "server" {
  user_id    = anaconda_seat.server.user_id
  expires_at = "2035-12-31T00:00:00Z"
}

output "token_id" {
  value = anaconda_token.server.id
}

output "token" {
  value     = anaconda_token.server.token
  sensitive = true
}
