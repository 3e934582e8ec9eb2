terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

provider "anaconda" {}

resource "anaconda_user" "ada" {
  email      = "ada@example.com"
  first_name = "Ada"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}

resource "anaconda_token" "ada" {
  user_id                = anaconda_seat.ada.user_id
  sync_with_subscription = true
}

output "ada_token" {
  description = "`terraform output -raw ada_token`"
  value       = anaconda_token.ada.token
  sensitive   = true
}
