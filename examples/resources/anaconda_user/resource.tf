# A person. The names are a suggestion: the profile is theirs.
resource "anaconda_user" "ada" {
  email      = "ada@example.com"
  first_name = "Ada"
  last_name  = "Lovelace"
}

# Without an address: a user that the organization manages for a program.
resource "anaconda_user" "jupyter" {
  first_name = "Jupyter"
  last_name  = "Server-1"
}

# Somebody who may be a member already is taken over, in place of an error.
resource "anaconda_user" "grace" {
  email          = "grace@example.com"
  adopt_existing = true
}
