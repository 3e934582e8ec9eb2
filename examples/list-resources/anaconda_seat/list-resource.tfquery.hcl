# The seats of people, at most 1000.
list "anaconda_seat" "people" {
  provider = anaconda
  limit    = 1000 # Without it, Terraform asks for 100.

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
