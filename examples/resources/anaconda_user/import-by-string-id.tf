import {
  to = anaconda_user.ada
  id = "ada@example.com"
}
