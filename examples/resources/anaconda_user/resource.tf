# A person. The names are suggestions, because users own their profiles.
resource "anaconda_user" "ada" {
  email      = "ada@example.com"
  first_name = "Ada"
  last_name  = "Lovelace"
}

# A managed user for a program, without an email address.
resource "anaconda_user" "jupyter" {
  first_name = "Jupyter"
  last_name  = "Server-1"
}

# Adopts the user if the user is already a member.
resource "anaconda_user" "grace" {
  email          = "grace@example.com"
  adopt_existing = true
}
