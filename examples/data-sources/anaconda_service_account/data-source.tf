# Requires `admin_username` and `admin_password` in the provider block, or their environment variables.
data "anaconda_service_account" "ci" {
  name = "ci"
}

output "ci_client_id" {
  value = data.anaconda_service_account.ci.client_id
}
