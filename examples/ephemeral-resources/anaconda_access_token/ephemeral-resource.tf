# An access token of the provider's own service account. It is in no plan and no state.
ephemeral "anaconda_access_token" "api" {
  grant = "service_account"
}

# For a script, which gets it from its environment.
resource "terraform_data" "report" {
  triggers_replace = ["1"]

  provisioner "local-exec" {
    command = "test -n \"$ANACONDA_BEARER\" && echo 'Here the script would call the API.'"

    environment = {
      ANACONDA_BEARER = ephemeral.anaconda_access_token.api.access_token
    }
  }
}
