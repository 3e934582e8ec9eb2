data "anaconda_service_accounts" "notebooks" {
  name_regex = "^notebooks-"
}

output "notebooks" {
  value = data.anaconda_service_accounts.notebooks.names
}
