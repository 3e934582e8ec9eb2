# By name, or by client ID. The client secret is unknown.
terraform import anaconda_service_account.ci name/ci
terraform import anaconda_service_account.notebooks 1b2c3d4e-0000-4000-8000-000000000002
