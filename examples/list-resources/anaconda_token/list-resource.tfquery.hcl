# The active tokens of one domain, with their expiration dates. The list has no token values.
list "anaconda_token" "company" {
  provider         = anaconda
  limit            = 1000 # Without it, Terraform asks for 100.
  include_resource = true

  config {
    email_domain = "example.com"
  }
}

# Those of another domain.
list "anaconda_token" "partner" {
  provider = anaconda

  config {
    email_domain = "example.org"
  }
}
