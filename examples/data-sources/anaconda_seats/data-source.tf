data "anaconda_seats" "now" {}

output "seats" {
  value = {
    assigned  = data.anaconda_seats.now.assigned_count
    available = data.anaconda_seats.now.available # Null if the provider has no `seat_limit`.
  }
}
