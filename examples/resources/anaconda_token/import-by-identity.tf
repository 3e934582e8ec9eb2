import {
  to = anaconda_token.jupyter
  identity = {
    user_id = "7d1f8a52-0000-4000-8000-000000000001"
    id      = "0f9e8d7c-0000-4000-8000-000000000001"
  }
}
