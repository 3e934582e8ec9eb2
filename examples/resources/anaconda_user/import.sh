# By e-mail address; case does not matter.
terraform import anaconda_user.ada ada@example.com

# By UUID: the only way for a managed user.
terraform import anaconda_user.jupyter 7d1f8a52-0000-4000-8000-000000000001
