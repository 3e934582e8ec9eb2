# All seats that are assigned, as far as 1000.
list "anaconda_seat" "all" {
  provider = anaconda
  limit    = 1000 # Without it, Terraform asks for 100.
}

# The seats of programs.
list "anaconda_seat" "programs" {
  provider = anaconda

  config {
    managed = true
  }
}
