terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

# Set the credentials with environment variables: ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID, and
# ANACONDA_CLIENT_SECRET.
provider "anaconda" {}

locals {
  # The key is in lowercase, because email addresses are case-insensitive. `trimprefix` removes the byte
  # order mark that spreadsheets add, which would be part of the first column name.
  people = { for row in csvdecode(trimprefix(file("people.csv"), "\ufeff")) : lower(row.email) => row }
  tokens = { for email, row in local.people : email => row.token_until if row.token_until != "" }
}

resource "anaconda_user" "person" {
  for_each = local.people

  email      = each.value.email
  first_name = each.value.first_name
  last_name  = each.value.last_name
}

resource "anaconda_seat" "person" {
  for_each = local.people

  user_id = anaconda_user.person[each.key].id
}

resource "anaconda_token" "person" {
  for_each = local.tokens

  user_id                = anaconda_seat.person[each.key].user_id
  sync_with_subscription = each.value == "subscription" ? true : null
  expires_at             = each.value == "subscription" ? null : each.value

  # Anaconda emails the token to the person. It is not in the state.
  send_token_email = true
  hide_token       = true
}
