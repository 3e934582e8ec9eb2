# The active tokens of one domain with their expiration dates, without values.
list "anaconda_token" "company" {
  provider         = anaconda
  limit            = 1000 # Terraform requests 100 by default.
  include_resource = true

  config {
    email_domain = "example.com"
  }
}

# The active tokens of another domain.
list "anaconda_token" "partner" {
  provider = anaconda

  config {
    email_domain = "example.org"
  }
}
