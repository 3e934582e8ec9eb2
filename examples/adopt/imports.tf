# What Terraform is to take over. When that is done, remove this file: a member or an account that
# comes later is made, not imported.

# A loop over imports is new in Terraform 1.7. The guide says what to do with an older one.
terraform {
  required_version = ">= 1.7"
}

# A person's key is the e-mail address, a managed user's is the UUID. Either is a way to import.
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

# The one live token of the user; its value stays unknown, as Anaconda shows it only once.
import {
  for_each = { for key, member in local.members : key => member if member.token_expires_at != null }
  to       = anaconda_token.member[each.key]
  id       = each.key
}

# By name. The secret stays unknown, for the same reason.
import {
  for_each = toset(local.service_accounts)
  to       = anaconda_service_account.program[each.key]
  id       = "name/${each.key}"
}
