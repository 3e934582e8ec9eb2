# With the sandbox, or with a test organization: creates objects, and destroys them at the end.
variables {
  project = "Weather"
}

run "the_server_gets_a_token" {
  assert {
    condition     = anaconda_user.server.managed
    error_message = "The server must be a managed user."
  }

  assert {
    condition     = output.token != ""
    error_message = "The token is empty."
  }
}

run "a_second_plan_changes_nothing" {
  command = plan

  # OpenTofu supports results of another run here, but not in a condition.
  variables {
    token_id = run.the_server_gets_a_token.token_id
  }

  assert {
    condition     = anaconda_token.server.id == var.token_id
    error_message = "The plan replaces the token."
  }
}
