terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

# Set the secrets with environment variables: ANACONDA_CLIENT_SECRET, and for service accounts also
# ANACONDA_ADMIN_PASSWORD.
provider "anaconda" {
  organization_id = "my-organization" # anaconda.com/app/organizations/<ORGANIZATION_ID>
  client_id       = "1b2c3d4e-0000-4000-8000-000000000001"
  admin_username  = "admin@example.com"

  # Number of purchased seats. A plan that requires more seats reports a warning.
  seat_limit = 25
}
