# Adopts an existing organization without changing it. The guide docs/guides/adopt-an-organization.md
# describes the steps.

# Set the credentials with environment variables: ANACONDA_ORGANIZATION_ID, ANACONDA_CLIENT_ID, and
# ANACONDA_CLIENT_SECRET; for service accounts also ANACONDA_ADMIN_USERNAME and ANACONDA_ADMIN_PASSWORD.
provider "anaconda" {}

# The members are in members.tf.
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

  # The expiration date that the token has. A later date changes it in place.
  expires_at = each.value.token_expires_at

  # Terraform revokes the token before it unassigns the seat.
  depends_on = [anaconda_seat.member]
}

resource "anaconda_service_account" "program" {
  for_each = toset(local.service_accounts)

  name = each.key
}
