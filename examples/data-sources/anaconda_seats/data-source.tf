data "anaconda_seats" "now" {}

output "seats" {
  value = {
    assigned  = data.anaconda_seats.now.assigned_count
    available = data.anaconda_seats.now.available # Null without the provider's `seat_limit`.
  }
}
