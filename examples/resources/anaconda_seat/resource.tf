resource "anaconda_user" "ada" {
  email = "ada@example.com"
}

resource "anaconda_seat" "ada" {
  user_id = anaconda_user.ada.id
}

# In a larger move, seats are freed and assigned side by side. This one waits longer for its turn.
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
