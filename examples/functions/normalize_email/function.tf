locals {
  # Two of these three spellings are the same person.
  typed = ["Ada@Example.com", "ada@example.com ", "grace@example.com"]
}

resource "anaconda_user" "team" {
  for_each = toset([for email in local.typed : provider::anaconda::normalize_email(email)])

  email = each.key
}
