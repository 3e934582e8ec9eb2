# The objects to import. Remove this file after the import, so that Terraform creates new entries instead
# of importing them.

# `for_each` in `import` blocks requires Terraform v1.7. The guide describes earlier versions.
terraform {
  required_version = ">= 1.7"
}

# The key of a person is the email address, the key of a managed user is the UUID. Both are import IDs.
import {
  for_each = local.members
  to       = anaconda_user.member[each.key]
  id       = each.key
}

import {
  for_each = { for key, member in local.members : key => member if member.seat }
  to       = anaconda_seat.member[each.key]
  id       = each.key
}

# The active token of the user. Its value is unknown, because the API returns it only once.
import {
  for_each = { for key, member in local.members : key => member if member.token_expires_at != null }
  to       = anaconda_token.member[each.key]
  id       = each.key
}

# By name. The client secret is unknown for the same reason.
import {
  for_each = toset(local.service_accounts)
  to       = anaconda_service_account.program[each.key]
  id       = "name/${each.key}"
}
