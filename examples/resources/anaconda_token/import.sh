# The one live token of a user, by e-mail address or by UUID. Its value stays unknown.
terraform import anaconda_token.ada ada@example.com

# A certain token, by the user (either way) and the token's own UUID.
terraform import anaconda_token.jupyter 7d1f8a52-0000-4000-8000-000000000001/0f9e8d7c-0000-4000-8000-000000000001
