# By the email address or the UUID of the user.
terraform import anaconda_seat.ada ada@example.com
terraform import anaconda_seat.grace 7d1f8a52-0000-4000-8000-000000000002
