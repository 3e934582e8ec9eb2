import {
  to = anaconda_seat.ada
  identity = {
    user_id = "7d1f8a52-0000-4000-8000-000000000001"
  }
}
