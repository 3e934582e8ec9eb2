# Up to 1000 seats of people.
list "anaconda_seat" "people" {
  provider = anaconda
  limit    = 1000 # Terraform requests 100 by default.

  config {
    managed = false
  }
}

# The seats of managed users.
list "anaconda_seat" "programs" {
  provider = anaconda

  config {
    managed = true
  }
}
