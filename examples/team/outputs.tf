output "people" {
  description = "IDs of the users by email address."
  value       = { for email, user in anaconda_user.person : email => user.id }
}

output "tokens" {
  description = "Tokens of the users by email address: `terraform output -json tokens`."
  value       = { for email, token in anaconda_token.person : email => token.token }
  sensitive   = true
}

output "jupyter_token" {
  description = "Token of the Jupyter server: `terraform output -raw jupyter_token`."
  value       = anaconda_token.jupyter.token
  sensitive   = true
}

output "onboarding_client_id" {
  description = "Client ID of the service account."
  value       = anaconda_service_account.onboarding.client_id
}

output "onboarding_client_secret" {
  description = "Client secret of the service account. The API returns it only once, so it is only in the state."
  value       = anaconda_service_account.onboarding.client_secret
  sensitive   = true
}
