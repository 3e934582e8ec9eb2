terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

# The secrets come from the environment: ANACONDA_CLIENT_SECRET, and ANACONDA_ADMIN_PASSWORD for
# those who manage service accounts too.
provider "anaconda" {
  organization_id = "my-organization" # anaconda.com/app/organizations/<this>
  client_id       = "1b2c3d4e-0000-4000-8000-000000000001"
  admin_username  = "admin@example.com"

  # How many seats were purchased. With it, a plan that would need more of them warns.
  seat_limit = 25
}
