# Without a change at Anaconda only with the `expires_at` that the token has. Where the configuration
# says `sync_with_subscription`, as above, the token is synced once.
import {
  to = anaconda_token.ada
  id = "ada@example.com"
}
