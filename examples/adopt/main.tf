# An organization that was there before Terraform. Nobody loses a seat or a token on the way in, and
# nothing is sent to Anaconda but questions. docs/guides/adopt-an-organization.md goes through it.

# Credentials come from the environment, so that none is in this file:
# ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID and ANACONDA_CLIENT_SECRET; for service accounts
# also ANACONDA_ADMIN_USERNAME and ANACONDA_ADMIN_PASSWORD.
provider "anaconda" {}

# Who there is says members.tf.
resource "anaconda_user" "member" {
  for_each = local.members

  email      = each.value.email
  first_name = each.value.first_name
  last_name  = each.value.last_name
}

resource "anaconda_seat" "member" {
  for_each = { for key, member in local.members : key => member if member.seat }

  user_id = anaconda_user.member[each.key].id
}

resource "anaconda_token" "member" {
  for_each = { for key, member in local.members : key => member if member.token_expires_at != null }

  user_id = anaconda_user.member[each.key].id

  # What the token has already, so that nothing has to change. A later date moves the end.
  expires_at = each.value.token_expires_at

  # Whoever leaves loses the token before the seat.
  depends_on = [anaconda_seat.member]
}

resource "anaconda_service_account" "program" {
  for_each = toset(local.service_accounts)

  name = each.key
}
