# Members who have no seat. `terraform query` shows them.
list "anaconda_user" "without_seat" {
  provider = anaconda

  config {
    role     = "member"
    has_seat = false
  }
}

# People of the company who have a seat. To manage all that is found:
# `terraform query -generate-config-out=people.tf`, then `terraform plan`. That writes a resource for
# each object of each list, so no two lists of one type should find the same object.
list "anaconda_user" "company" {
  provider = anaconda
  limit    = 1000 # Without it, Terraform asks for 100.

  config {
    has_seat     = true
    managed      = false
    email_domain = "example.com"
  }
}
