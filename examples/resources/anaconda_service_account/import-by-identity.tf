# Contains the organization, so that the import fails in another organization.
import {
  to = anaconda_service_account.ci
  identity = {
    organization_id = "my-organization"
    client_id       = "1b2c3d4e-0000-4000-8000-000000000002"
  }
}
