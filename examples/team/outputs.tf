output "people" {
  description = "Everybody's id in the organization, by e-mail address."
  value       = { for email, user in anaconda_user.person : email => user.id }
}

output "tokens" {
  description = "Everybody's token, by e-mail address: `terraform output -json tokens`."
  value       = { for email, token in anaconda_token.person : email => token.token }
  sensitive   = true
}

output "jupyter_token" {
  description = "The token of the Jupyter server: `terraform output -raw jupyter_token`."
  value       = anaconda_token.jupyter.token
  sensitive   = true
}

output "onboarding_client_id" {
  description = "What a program signs in with, together with the secret below."
  value       = anaconda_service_account.onboarding.client_id
}

output "onboarding_client_secret" {
  description = "Anaconda shows it once, so it is nowhere but in Terraform's state."
  value       = anaconda_service_account.onboarding.client_secret
  sensitive   = true
}
