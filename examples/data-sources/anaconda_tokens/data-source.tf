data "anaconda_tokens" "ada" {
  email = "ada@example.com"
}

output "ada_is_fine_until" {
  value = [for token in data.anaconda_tokens.ada.tokens : token.expires_at if !token.expired]
}
