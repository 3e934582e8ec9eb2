# The live tokens of one domain, with when they end. Their values are shown to nobody.
list "anaconda_token" "company" {
  provider         = anaconda
  limit            = 1000 # Without it, Terraform asks for 100.
  include_resource = true

  config {
    email_domain = "example.com"
  }
}

# All tokens that one user ever had.
list "anaconda_token" "history" {
  provider = anaconda

  config {
    user_id         = "7d1f8a52-0000-4000-8000-000000000001"
    include_invalid = true
  }
}
