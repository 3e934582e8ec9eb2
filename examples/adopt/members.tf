# Written by the survey: terraform -chdir=survey output -raw members > members.tf
# A key stays what it is for as long as the member is here; it is part of Terraform's addresses.
locals {
  members = {
    "ada@example.com" = {
      email            = "ada@example.com"
      first_name       = "Ada"
      last_name        = "Lovelace"
      seat             = true
      token_expires_at = "2040-01-01T00:00:00+00:00"
    }
    "c0ffee00-0000-4000-8000-000000000001" = {
      email            = null
      first_name       = "Jupyter"
      last_name        = "Server-1"
      seat             = true
      token_expires_at = "2035-06-30T12:00:00+00:00"
    }
    "edsger@example.com" = {
      email            = "edsger@example.com"
      first_name       = null
      last_name        = null
      seat             = false
      token_expires_at = null
    }
    "grace@example.com" = {
      email            = "grace@example.com"
      first_name       = "Grace"
      last_name        = "Hopper"
      seat             = true
      token_expires_at = null
    }
  }

  service_accounts = [
    "ci",
    "notebooks",
  ]
}
