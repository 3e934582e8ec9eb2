terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

# Set the credentials with environment variables. See terraform.yml.
provider "anaconda" {}

resource "anaconda_user" "ada" {
  email = "ada@example.com"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}
