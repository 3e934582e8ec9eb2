# Who is a member and holds no seat. `terraform query` shows them.
list "anaconda_user" "without_seat" {
  provider = anaconda

  config {
    role     = "member"
    has_seat = false
  }
}

# Everybody with an address of the company. To manage them all:
# `terraform query -generate-config-out=people.tf`, then `terraform plan`.
list "anaconda_user" "company" {
  provider = anaconda
  limit    = 1000 # Without it, Terraform asks for 100.

  config {
    managed      = false
    email_domain = "example.com"
  }
}
