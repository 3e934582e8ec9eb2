# Requires `admin_username` and `admin_password` in the provider block, or their environment variables.
resource "anaconda_service_account" "ci" {
  name = "ci"
}

# A change of `keepers` rotates the client secret: Terraform creates a new account before it deletes
# the previous one.
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
