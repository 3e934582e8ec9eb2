import {
  to = anaconda_service_account.ci
  id = "name/ci"
}
