# Against the sandbox, or a test organization: objects are made, and removed at the end.
variables {
  project = "Weather"
}

run "the_server_gets_a_token" {
  assert {
    condition     = anaconda_user.server.managed
    error_message = "The server should be no person."
  }

  assert {
    condition     = output.token != ""
    error_message = "There is no token."
  }
}

run "a_second_plan_changes_nothing" {
  command = plan

  # OpenTofu takes results of another run here, and not in a condition.
  variables {
    token_id = run.the_server_gets_a_token.token_id
  }

  assert {
    condition     = anaconda_token.server.id == var.token_id
    error_message = "The token would be issued anew."
  }
}
