# The import makes no changes if `expires_at` is the date of the token. With `sync_with_subscription`, as
# above, the next apply syncs the token once.
import {
  to = anaconda_token.ada
  id = "ada@example.com"
}
