# A small team: people with seats and tokens, a server that installs packages, and a service account
# for programs that manage the organization.

# Set the credentials with environment variables: ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID, and
# ANACONDA_CLIENT_SECRET; for service accounts also ANACONDA_ADMIN_USERNAME and ANACONDA_ADMIN_PASSWORD.
provider "anaconda" {}

# One line for each person. A new line adds a person. If you remove a line, the provider revokes the
# token, unassigns the seat, and removes the user.
locals {
  people = {
    "ada@example.com"    = { first_name = "Ada", last_name = "Lovelace" }
    "grace@example.com"  = { first_name = "Grace", last_name = "Hopper" }
    "edsger@example.com" = { first_name = "Edsger", last_name = "Dijkstra" }
  }
}

resource "anaconda_user" "person" {
  for_each = local.people

  email      = each.key
  first_name = each.value.first_name
  last_name  = each.value.last_name
}

resource "anaconda_seat" "person" {
  for_each = local.people

  user_id = anaconda_user.person[each.key].id
}

resource "anaconda_token" "person" {
  for_each = local.people

  # Refers to the seat, because a token requires one. Terraform revokes the token before it unassigns
  # the seat.
  user_id = anaconda_seat.person[each.key].user_id

  # The token expires at the subscription end date.
  sync_with_subscription = true
}

# A user without an email address is a managed user.
resource "anaconda_user" "jupyter" {
  first_name = "Jupyter"
  last_name  = "Server-1"
}

resource "anaconda_seat" "jupyter" {
  user_id = anaconda_user.jupyter.id
}

resource "anaconda_token" "jupyter" {
  user_id    = anaconda_seat.jupyter.user_id
  expires_at = var.jupyter_token_expires_at

  # A change revokes the token, and issues a new one.
  keepers = {
    rotation = var.jupyter_token_rotation
  }
}

resource "anaconda_service_account" "onboarding" {
  name = "onboarding"
}
