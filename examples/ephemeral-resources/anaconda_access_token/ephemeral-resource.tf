# An access token of the provider's service account. It is not in the plan or in the state.
ephemeral "anaconda_access_token" "api" {
  grant = "service_account"
}

# Passes the access token to a script as an environment variable.
resource "terraform_data" "report" {
  triggers_replace = ["1"]

  provisioner "local-exec" {
    command = "test -n \"$ANACONDA_BEARER\" && echo 'Here the script would call the API.'"

    environment = {
      ANACONDA_BEARER = ephemeral.anaconda_access_token.api.access_token
    }
  }
}
