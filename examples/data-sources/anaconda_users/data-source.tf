# Users of one domain with a seat.
data "anaconda_users" "example" {
  managed      = false
  has_seat     = true
  email_domain = "example.com"
}

# The groups of all users. They require one more request.
data "anaconda_users" "all" {
  include_groups = true
}

output "who_holds_a_seat" {
  value = data.anaconda_users.example.emails
}

output "groups" {
  value = {
    for user in data.anaconda_users.all.users : user.id => user.groups[*].name
  }
}
