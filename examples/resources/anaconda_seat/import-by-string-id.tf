import {
  to = anaconda_seat.ada
  id = "ada@example.com"
}
