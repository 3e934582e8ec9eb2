terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}
