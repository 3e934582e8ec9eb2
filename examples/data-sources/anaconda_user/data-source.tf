data "anaconda_user" "ada" {
  email = "ada@example.com"
}

output "ada_has_a_seat" {
  value = data.anaconda_user.ada.has_seat
}
