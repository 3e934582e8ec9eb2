# Requires `admin_username` and `admin_password` in the provider block, or their environment variables.
list "anaconda_service_account" "ci" {
  provider = anaconda

  config {
    name_regex = "^ci-"
  }
}
