resource "anaconda_user" "ada" {
  email = "ada@example.com"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}

# If one run unassigns and assigns many seats, this seat waits longer for an available seat.
resource "anaconda_user" "grace" {
  email = "grace@example.com"
}

resource "anaconda_seat" "grace" {
  user_id                  = anaconda_user.grace.id
  send_seat_assigned_email = true

  timeouts {
    create = "2m"
  }
}
