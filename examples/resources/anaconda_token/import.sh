# The active token of a user, by email address or by UUID of the user. Its value is unknown.
terraform import anaconda_token.ada ada@example.com

# A specific token, by the user and the UUID of the token.
terraform import anaconda_token.jupyter 7d1f8a52-0000-4000-8000-000000000001/0f9e8d7c-0000-4000-8000-000000000001
