//! Features and commands of Terraform that reach the provider in different ways.

use serde_json::json;

use crate::cli::{Cli, Product};
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, END, SEAT, TOKEN, USER, ada_with_token, resource};

on_clis! {
    each_series: [
        destroy_plan_applies_in_dependency_order needs [DESTROY_PLANS],
        removed_block_keeps_user_in_organization needs [REMOVED_BLOCKS],
        module_test_runs_with_mock_provider needs [MOCKS],
        moved_block_renames_without_changes needs [MOVED_BLOCKS],
        move_to_other_resource_type_is_rejected needs [MOVES_TO_ANOTHER_TYPE],
        import_block_with_for_each_imports_many needs [IMPORT_FOR_EACH],
        console_shows_objects_and_hides_secrets,
        module_test_runs_against_sandbox needs [TESTS],
    ],
    oldest_and_newest: [
        validate_needs_no_credentials_or_network,
        target_option_leaves_other_resources_unchanged,
        replace_option_issues_new_token,
        refresh_only_shows_drift_without_changes,
        plan_warns_about_removed_admin_block needs [DESTROY_PLANS],
        graph_command_sends_no_requests,
        json_plan_marks_sensitive_values,
    ],
}

fn team() -> String {
    ada_with_token(END)
}

/// Removes all credentials and the URL of the sandbox.
fn without_credentials(w: &mut TestEnv) {
    for name in [
        "ORGANIZATION_ID",
        "CLIENT_ID",
        "CLIENT_SECRET",
        "ADMIN_USERNAME",
        "ADMIN_PASSWORD",
        "BASE_URL",
    ] {
        w.unset_env(&format!("ANACONDA_{name}"));
    }
    // No proxy listens there, so any HTTPS request fails.
    w.set_env("HTTPS_PROXY", "http://127.0.0.1:9");
}

async fn validate_needs_no_credentials_or_network(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    without_credentials(&mut w);
    let account = resource("service_account", "ci", "name = \"ci\"");
    let data = "data \"anaconda_users\" \"all\" {}\n";
    let onboarding = resource("onboarding", "all", "emails = [\"grace@example.com\"]");
    w.configure(&[&team(), account.as_str(), data, &onboarding].concat());
    w.command(&["validate"]).await;

    w.configure(&resource("user", "ada", "email = \"ada\"\ncolour = \"blue\""));
    let refusal = w.command_err(&["validate"]).await;
    assert!(refusal.contains("colour"), "{refusal}");
    w.configure(&resource("user", "ada", "email = \"ada\""));
    let refusal = w.command_err(&["validate"]).await;
    assert!(refusal.contains("not a valid email address"), "{refusal}");
    assert!(w.sandbox().requests().await.is_empty());
    w.configure("");
    w.destroy().await;
}

async fn target_option_leaves_other_resources_unchanged(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&team());
    w.command(&["apply", "-auto-approve", "-target=anaconda_seat.ada"]).await;
    w.reload_state().await;
    assert!(w.has(USER) && w.has(SEAT) && !w.has(TOKEN));
    assert_eq!(w.sandbox().writes().await, ["POST users", "POST users/*/seats"]);

    w.apply_present().await;
    w.sandbox().clear_requests().await;
    w.command(&["destroy", "-auto-approve", "-target=anaconda_token.ada"]).await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/tokens/*"]);
    w.destroy().await;
}

async fn replace_option_issues_new_token(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team()).await;
    let (id, secret) = (w.text(TOKEN, "id"), w.text(TOKEN, "token"));
    w.sandbox().clear_requests().await;
    w.command(&["apply", "-auto-approve", "-replace=anaconda_token.ada"]).await;
    w.reload_state().await;
    assert_ne!(w.text(TOKEN, "id"), id);
    assert_ne!(w.text(TOKEN, "token"), secret);
    let calls = ["DELETE users/*/tokens/*", "POST users/*/token"];
    assert_eq!(w.sandbox().writes().await, calls);
    w.assert_settled().await;
    w.destroy().await;
}

async fn refresh_only_shows_drift_without_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team()).await;
    let id = w.text(TOKEN, "id");
    w.sandbox().revoke_token(&w.text(USER, "id"), &id).await;
    w.sandbox().clear_requests().await;
    // Older programs support this flag for `plan`, too.
    let shown = w.plan_with(&["-refresh-only"]).await;
    assert!(shown.text().contains("revoked"), "{}", shown.text());
    w.reload_state().await;
    assert_eq!(w.state(TOKEN)["revoked"], false, "a plan alone writes no state");
    w.refresh().await;
    assert_eq!(w.state(TOKEN)["revoked"], true);
    assert_eq!(w.text(TOKEN, "id"), id);
    w.assert_nothing_written().await;
    w.destroy().await;
}

async fn destroy_plan_applies_in_dependency_order(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team()).await;
    let plan = w.plan_with(&["-destroy"]).await;
    assert!(plan.actions().values().all(|action| *action == Action::Delete), "{}", plan.text());
    let warning = "User might have no active token";
    assert_eq!(plan.text().matches(warning).count(), 1, "{}", plan.text());
    w.sandbox().clear_requests().await;
    w.command(&["apply", "plan.bin"]).await;
    let order = ["DELETE users/*/tokens/*", "DELETE users/*/seats", "DELETE users/*"];
    assert_eq!(w.sandbox().writes().await, order);
    w.destroy().await;
}

async fn plan_warns_about_removed_admin_block(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let grace = resource("user", "grace", "email = \"grace@example.com\"");
    w.apply(&[ADA, &grace].concat()).await;
    w.sandbox().change_user(&w.text(USER, "id"), json!({"role": "admin"})).await;
    let plan = w.plan("").await;
    assert_eq!(
        plan.text().matches("Organization admin will be removed").count(),
        1,
        "{}",
        plan.text()
    );
    assert!(plan.diagnostics_text().contains("ada@example.com"), "{}", plan.text());
    let plan = w.plan(ADA).await;
    assert!(!plan.text().contains("Organization admin will be removed"), "{}", plan.text());
    w.destroy().await;
}

async fn graph_command_sends_no_requests(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&team());
    let graph = w.command(&["graph"]).await;
    for address in [USER, SEAT, TOKEN] {
        assert!(graph.contains(address), "{address} is not in: {graph}");
    }
    assert!(w.sandbox().requests().await.is_empty());
    w.configure("");
    w.destroy().await;
}

async fn json_plan_marks_sensitive_values(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.plan(&team()).await;
    let plan = w.json(&["show", "-json", "plan.bin"]).await;
    let changes = plan["resource_changes"].as_array().unwrap();
    let token = changes.iter().find(|change| change["address"] == TOKEN).unwrap();
    assert_eq!(token["change"]["after_unknown"]["token"], true);
    w.apply_present().await;
    w.sandbox().revoke_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    w.plan_with(&[]).await;
    let plan = w.json(&["show", "-json", "plan.bin"]).await;
    let changes = plan["resource_changes"].as_array().unwrap();
    let token = changes.iter().find(|change| change["address"] == TOKEN).unwrap();
    assert_eq!(token["change"]["before_sensitive"]["token"], true);
    assert_eq!(token["change"]["after_sensitive"]["token"], true);
    w.destroy().await;
}

async fn moved_block_renames_without_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    let id = w.text(USER, "id");
    w.sandbox().clear_requests().await;
    let renamed = [ADA, ADA_SEAT].concat().replace("user\" \"ada\"", "user\" \"countess\"");
    let renamed = renamed.replace("anaconda_user.ada", "anaconda_user.countess");
    let moved = "moved {\n  from = anaconda_user.ada\n  to = anaconda_user.countess\n}\n";
    let plan = w.apply(&[&renamed, moved].concat()).await;
    assert!(plan.actions().values().all(|action| *action == Action::NoOp), "{}", plan.text());
    assert_eq!(w.text("anaconda_user.countess", "id"), id);
    w.assert_nothing_written().await;
    w.destroy().await;
}

async fn move_to_other_resource_type_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    let moved = "moved {\n  from = anaconda_seat.ada\n  to = anaconda_user.grace\n}\n";
    let grace = resource("user", "grace", "email = \"grace@example.com\"");
    let refusal = w.plan_err(&[ADA, &grace, moved].concat()).await;
    // Terraform learns from the schemas that the provider supports no moves. OpenTofu asks the
    // provider.
    let told = match cli.product {
        Product::Terraform => "does not support moved operations",
        Product::OpenTofu => "cannot move a \"anaconda_seat\" to a \"anaconda_user\"",
    };
    assert!(refusal.contains(told), "{refusal}");
    w.assert_settled().await;
    w.destroy().await;
}

async fn removed_block_keeps_user_in_organization(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    w.sandbox().clear_requests().await;
    let removed = |address: &str| {
        format!("removed {{\n  from = {address}\n  lifecycle {{\n    destroy = false\n  }}\n}}\n")
    };
    w.apply_once(&[removed(USER), removed(SEAT)].concat()).await;
    assert!(!w.has(USER) && !w.has(SEAT));
    w.assert_nothing_written().await;
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["seat"], true);
    w.remove_people().await;
    w.destroy().await;
}

async fn import_block_with_for_each_imports_many(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for email in ["ada@example.com", "grace@example.com"] {
        w.sandbox().add_user(json!({"email": email})).await;
    }
    let people = "locals {\n  people = toset([\"ada@example.com\", \"grace@example.com\"])\n}\n";
    let import = "import {\n  for_each = local.people\n  to = anaconda_user.all[each.key]\n  \
                  id = each.key\n}\n";
    let users = resource("user", "all", "for_each = local.people\nemail = each.key");
    let plan = w.apply(&[people, import, &users].concat()).await;
    assert_eq!(plan.actions().len(), 2);
    assert!(plan.actions().values().all(|action| *action == Action::NoOp), "{}", plan.text());
    w.assert_nothing_written().await;
    w.destroy().await;
}

async fn console_shows_objects_and_hides_secrets(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team()).await;
    let (answer, good) = w.console("anaconda_user.ada.email").await;
    assert!(good && answer.contains("\"ada@example.com\""), "{answer}");
    let (answer, good) = w.console("anaconda_token.ada.token").await;
    // Older programs omit the second word of `(sensitive value)`.
    assert!(good && answer.contains("(sensitive"), "{answer}");
    let (answer, good) = w.console("anaconda_user.ada.colour").await;
    assert!(!good, "{answer}");
    w.destroy().await;
}

/// A test of the team. The first run applies it. The second run plans it and expects the same user.
const TEST: &str = r#"
run "the_team_is_complete" {
  assert {
    condition     = anaconda_seat.ada.user_id == anaconda_user.ada.id
    error_message = "Ada holds no seat"
  }
  assert {
    condition     = anaconda_token.ada.revoked == false && anaconda_token.ada.token != ""
    error_message = "Ada has no token"
  }
}

run "nothing_is_left_to_do" {
  command = plan
  variables {
    user_id = run.the_team_is_complete.user_id
  }
  assert {
    condition     = anaconda_user.ada.id == var.user_id
    error_message = "Ada was made anew"
  }
}
"#;
const USER_ID: &str = "output \"user_id\" {\n  value = anaconda_user.ada.id\n}\n";

async fn module_test_runs_against_sandbox(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&[&team(), USER_ID].concat());
    w.write("team.tftest.hcl", TEST);
    let said = w.command(&["test"]).await;
    assert!(said.contains("2 passed, 0 failed"), "{said}");
    let writes = w.sandbox().writes().await;
    let (made, taken_down) = writes.split_at(3);
    assert_eq!(made, ["POST users", "POST users/*/seats", "POST users/*/token"]);
    let order = ["DELETE users/*/tokens/*", "DELETE users/*/seats", "DELETE users/*"];
    assert_eq!(taken_down, order);

    w.write("team.tftest.hcl", &TEST.replace("revoked == false", "revoked == true"));
    let said = w.command_err(&["test"]).await;
    assert!(said.contains("Ada has no token"), "{said}");
    w.configure("");
    w.destroy().await;
}

async fn module_test_runs_with_mock_provider(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    without_credentials(&mut w);
    // The provider validates values, mocked or not, so a mocked ID must be a UUID.
    let mock = "mock_provider \"anaconda\" {\n  mock_resource \"anaconda_user\" {\n    \
                defaults = {\n      id = \"00000000-0000-4000-8000-000000000001\"\n    }\n  }\n  \
                mock_resource \"anaconda_token\" {\n    defaults = {\n      revoked = false\n    \
                }\n  }\n}\n";
    w.configure(&[&team(), USER_ID].concat());
    w.write("team.tftest.hcl", &[mock, TEST].concat());
    let said = w.command(&["test"]).await;
    assert!(said.contains("2 passed, 0 failed"), "{said}");
    assert!(w.sandbox().requests().await.is_empty());
    w.configure("");
    w.destroy().await;
}
