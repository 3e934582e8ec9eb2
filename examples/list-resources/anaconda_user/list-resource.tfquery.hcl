# Members without a seat.
list "anaconda_user" "without_seat" {
  provider = anaconda

  config {
    role     = "member"
    has_seat = false
  }
}

# People of the company with a seat. To manage all results, run
# `terraform query -generate-config-out=people.tf`, then `terraform plan`. This generates a resource for
# each result of each list, so two lists of one type should not return the same object.
list "anaconda_user" "company" {
  provider = anaconda
  limit    = 1000 # Terraform requests 100 by default.

  config {
    has_seat     = true
    managed      = false
    email_domain = "example.com"
  }
}
