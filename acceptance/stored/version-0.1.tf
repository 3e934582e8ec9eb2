variable "more" {
  type    = bool
  default = false
}

resource "anaconda_user" "ada" {
  email               = "Ada@example.com"
  first_name          = "Ada"
  last_name           = "Lovelace"
  adopt_existing      = true
  offboard_on_destroy = !var.more
  timeouts {
    create = "5m"
    delete = "6m"
  }
}

resource "anaconda_user" "server" {
  first_name          = "Jupyter"
  last_name           = "Server-1"
  offboard_on_destroy = var.more
}

resource "anaconda_seat" "ada" {
  user_id                  = anaconda_user.ada.id
  send_seat_assigned_email = !var.more
  timeouts {
    create = "40s"
  }
}

resource "anaconda_token" "ada" {
  user_id                     = anaconda_user.ada.id
  expires_at                  = var.more ? "2091-01-31T00:00:00Z" : "2090-01-31T00:00:00Z"
  expiration_tolerance_months = 2
  keepers                     = { rotation = "1" }
  renewal_triggers            = { subscription = "2026" }
  revoke_existing             = true
  send_token_email            = true
}

resource "anaconda_token" "server" {
  user_id                = anaconda_user.server.id
  sync_with_subscription = true
  early_renewal_hours    = var.more ? 24 : 48
  recreate_if_invalid    = false
  hide_token             = true
}

resource "anaconda_service_account" "ci" {
  name    = "ci"
  keepers = { rotation = "1" }
}

resource "anaconda_service_account" "prefixed" {
  name_prefix        = "nightly-"
  hide_client_secret = true
}

resource "anaconda_onboarding" "team" {
  emails              = ["Kim@example.com"]
  offboard_on_destroy = !var.more
  triggers            = { round = "1" }
  timeouts {
    create = "3m"
  }
}
