# A small team: people with seats and tokens, a server that installs packages by itself, and an
# account for programs that manage the organization.

# Credentials come from the environment, so that none is in this file:
# ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID and ANACONDA_CLIENT_SECRET; for service accounts
# also ANACONDA_ADMIN_USERNAME and ANACONDA_ADMIN_PASSWORD.
provider "anaconda" {}

# One line is one person. A new line brings somebody on board. Without the line the token is
# revoked, the seat is free for somebody else, and the person leaves the organization.
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

  # By way of the seat: a token is of use only with one, and is revoked before the seat is freed.
  user_id = anaconda_seat.person[each.key].user_id

  # The token ends when the subscription does, and not on a date that somebody has to remember.
  sync_with_subscription = true
}

# A user without an e-mail address belongs to the organization and to no person.
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

  # Another value here revokes the token and issues a new one.
  keepers = {
    rotation = var.jupyter_token_rotation
  }
}

resource "anaconda_service_account" "onboarding" {
  name = "onboarding"
}
