# Without an API: computed values are generated. The ID must be a UUID, because the provider validates
# it.
mock_provider "anaconda" {
  mock_resource "anaconda_user" {
    defaults = {
      id = "00000000-0000-4000-8000-000000000001"
    }
  }
}

variables {
  project = "Weather"
}

run "the_seat_is_the_servers" {
  assert {
    condition     = anaconda_seat.server.user_id == anaconda_user.server.id
    error_message = "The seat is assigned to another user."
  }
}
