# By email address (case-insensitive).
terraform import anaconda_user.ada ada@example.com

# By UUID, which is the only import ID of a managed user.
terraform import anaconda_user.jupyter 7d1f8a52-0000-4000-8000-000000000001
