# Looks at an organization and writes down what is there, as members.tf of the directory above.
# It manages nothing, so its state can be thrown away.
terraform {
  required_version = ">= 1.0"

  required_providers {
    anaconda = {
      source  = "anaconda-community/anaconda"
      version = "~> 0.1"
    }
  }
}

provider "anaconda" {}

variable "not_service_accounts" {
  description = "Names of service accounts to leave alone: the one that Terraform itself signs in with."
  type        = list(string)
  default     = []
}

# Admins and billing managers stay out: a line removed by mistake would remove them.
data "anaconda_users" "members" {
  role = "member"
}

data "anaconda_tokens" "of" {
  for_each = toset(data.anaconda_users.members.ids)

  user_id = each.key
}

# Needs the credentials of an admin. Without them, remove this block and put [] in its place below.
data "anaconda_service_accounts" "all" {}

locals {
  # A managed user has no address of its own, so the UUID is its key.
  members = {
    for user in data.anaconda_users.members.users :
    (user.managed ? user.id : user.email) => merge(user, {
      email = user.managed ? null : user.email
      # Nobody has two live tokens, unless the organization works in a way of its own.
      token_expires_at = try([
        for token in data.anaconda_tokens.of[user.id].tokens : token.expires_at if !token.expired
      ][0], null)
    })
  }

  service_accounts = [
    for name in sort(data.anaconda_service_accounts.all.names) :
    name if !contains(var.not_service_accounts, name)
  ]

  # Whatever people are called, as text of Terraform's language: `jsonencode` writes the quotes, and
  # what would begin a template is doubled.
  text = {
    for text in toset(concat(
      keys(local.members),
      local.service_accounts,
      [for member in local.members : member.email if member.email != null],
      [for member in local.members : member.first_name if member.first_name != null],
      [for member in local.members : member.last_name if member.last_name != null],
      [for member in local.members : member.token_expires_at if member.token_expires_at != null],
    )) : text => replace(jsonencode(text), "/([$%])[{]/", "$1$1{")
  }
}

output "members" {
  description = "The whole of members.tf: `terraform output -raw members`."
  value       = <<EOT
# Written by the survey: terraform -chdir=survey output -raw members > members.tf
# A key stays what it is for as long as the member is here; it is part of Terraform's addresses.
locals {
  members = {
%{for key, member in local.members~}
    ${local.text[key]} = {
      email            = ${try(local.text[member.email], "null")}
      first_name       = ${try(local.text[member.first_name], "null")}
      last_name        = ${try(local.text[member.last_name], "null")}
      seat             = ${member.has_seat}
      token_expires_at = ${try(local.text[member.token_expires_at], "null")}
    }
%{endfor~}
  }

  service_accounts = [
%{for name in local.service_accounts~}
    ${local.text[name]},
%{endfor~}
  ]
}
EOT
}

output "commands" {
  description = "The imports as commands, for Terraform before 1.7: `terraform output -raw commands`."
  # In a shell, everything between single quotes means itself, apart from a single quote.
  value = join("", [
    for line in concat(
      [for key, member in local.members : ["user.member[${local.text[key]}]", key]],
      [for key, member in local.members : ["seat.member[${local.text[key]}]", key] if member.has_seat],
      [for key, member in local.members : ["token.member[${local.text[key]}]", key] if member.token_expires_at != null],
      [for name in local.service_accounts : ["service_account.program[${local.text[name]}]", "name/${name}"]],
    ) : "terraform import '${replace("anaconda_${line[0]}", "'", "'\\''")}' '${replace(line[1], "'", "'\\''")}'\n"
  ])
}
