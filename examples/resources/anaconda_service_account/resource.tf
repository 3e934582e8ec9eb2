# Needs `admin_username` and `admin_password` in the provider block, or their variables.
resource "anaconda_service_account" "ci" {
  name = "ci"
}

# Another value in `keepers` rotates the secret: there is a new account before the old one goes.
resource "anaconda_service_account" "notebooks" {
  name_prefix = "notebooks-"

  keepers = {
    rotation = "1"
  }

  lifecycle {
    create_before_destroy = true
  }
}

output "notebooks_client_id" {
  value = anaconda_service_account.notebooks.client_id
}

output "notebooks_client_secret" {
  description = "`terraform output -raw notebooks_client_secret`"
  value       = anaconda_service_account.notebooks.client_secret
  sensitive   = true
}
