locals {
  # As people have typed them: two of the three are one person.
  typed = ["Ada@Example.com", "ada@example.com ", "grace@example.com"]
}

resource "anaconda_user" "team" {
  for_each = toset([for email in local.typed : provider::anaconda::normalize_email(email)])

  email = each.key
}
