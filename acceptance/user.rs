//! The whole lifecycle of `anaconda_user`.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, USER, resource};

on_clis! {
    each_series: [
        user_is_added_imported_and_removed,
        import_block_imports_existing_member needs [IMPORT_BLOCKS],
        invalid_email_is_rejected_in_plan,
    ],
    oldest_and_newest: [
        managed_user_has_no_email,
        email_spelling_follows_user_configuration,
        changed_email_forces_new_user,
        user_name_is_set_by_user needs [QUIET_REFRESH],
        changed_name_replaces_managed_user,
        externally_removed_user_is_added_again,
        existing_member_error_shows_import_block,
        existing_member_is_adopted_if_requested,
        destroy_offboards_in_documented_order,
        destroy_without_offboarding_removes_only_user,
        plan_warns_about_admin_removal needs [DESTROY_PLANS],
        import_of_unknown_user_is_rejected,
        legacy_api_keeps_state_and_warns,
    ],
}

fn ada(arguments: &str) -> String {
    resource("user", "ada", arguments)
}

async fn user_is_added_imported_and_removed(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada("email = \"ada@example.com\"\nfirst_name = \"Ada\"\nlast_name = \"Lovelace\"");
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(USER), Action::Create);
    assert_eq!(plan.after(USER, "managed"), false);
    assert_eq!(w.sandbox().writes().await, ["POST users"]);

    let there = w.sandbox().user("ada@example.com").await.unwrap();
    assert_eq!(there["first_name"], "Ada");
    assert_eq!(there["last_name"], "Lovelace");
    let id = w.text(USER, "id");
    assert_eq!(there["id"], id.as_str());

    w.import_verify(&hcl, USER, &id, &[]).await;
    w.import_verify(&hcl, USER, "ADA@example.com", &[]).await;
    w.destroy().await;
}

async fn managed_user_has_no_email(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada("first_name = \"Jupyter\"\nlast_name = \"Server-1\"");
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.after(USER, "managed"), true);
    assert_eq!(w.state(USER)["email"], Value::Null);
    let posted = w.sandbox().requests().await.into_iter().find(|r| r.path.ends_with("/users"));
    assert!(posted.unwrap().body.get("email").is_none_or(Value::is_null), "no address was sent");
    w.import_verify(&hcl, USER, &w.text(USER, "id"), &[]).await;
    w.destroy().await;
}

async fn email_spelling_follows_user_configuration(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada("email = \"Ada@Example.COM\"")).await;
    assert_eq!(w.text(USER, "email"), "Ada@Example.COM");
    let id = w.text(USER, "id");
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["email"], "ada@example.com");

    w.sandbox().clear_requests().await;
    let plan = w.apply(&ada("email = \"ada@example.com\"")).await;
    assert_ne!(plan.action(USER), Action::Replace);
    assert_eq!(w.text(USER, "id"), id);
    assert!(w.sandbox().writes().await.is_empty());
    w.destroy().await;
}

async fn changed_email_forces_new_user(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let id = w.text(USER, "id");
    let plan = w.apply(&ada("email = \"lovelace@example.com\"")).await;
    assert_eq!(plan.action(USER), Action::Replace);
    assert_ne!(w.text(USER, "id"), id);
    assert!(w.sandbox().user("ada@example.com").await.is_none());
    assert!(w.sandbox().user("lovelace@example.com").await.is_some());

    // `email` is also computed, so removing the argument plans no change.
    let plan = w.plan(&ada("")).await;
    assert_eq!(plan.action(USER), Action::NoOp);
    w.destroy().await;
}

async fn user_name_is_set_by_user(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada("email = \"ada@example.com\"\nfirst_name = \"Ada\"")).await;
    let id = w.text(USER, "id");
    w.sandbox().change_user(&id, json!({"first_name": "Augusta", "last_name": "King"})).await;
    w.assert_settled().await;

    w.sandbox().clear_requests().await;
    let plan = w.apply(&ada("email = \"ada@example.com\"\nfirst_name = \"Countess\"")).await;
    assert_eq!(plan.action(USER), Action::Update);
    assert!(plan.text().contains("User profile not updated"), "{}", plan.text());
    assert!(w.sandbox().writes().await.is_empty());
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["first_name"], "Augusta");
    w.destroy().await;
}

async fn changed_name_replaces_managed_user(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada("first_name = \"Jupyter\"")).await;
    let id = w.text(USER, "id");
    let plan = w.apply(&ada("first_name = \"Airflow\"")).await;
    assert_eq!(plan.action(USER), Action::Replace);
    assert_ne!(w.text(USER, "id"), id);

    w.sandbox().change_user(&w.text(USER, "id"), json!({"first_name": "Somebody"})).await;
    let plan = w.apply(&ada("first_name = \"Airflow\"")).await;
    assert_eq!(plan.action(USER), Action::Replace);
    w.destroy().await;
}

async fn externally_removed_user_is_added_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let before = w.text(USER, "id");
    w.sandbox().remove_user(&before).await;
    w.advance_one_hour();
    let plan = w.apply(ADA).await;
    assert_eq!(plan.action(USER), Action::Create);
    assert!(plan.text().contains(&before), "the plan names who is gone:\n{}", plan.text());
    assert_ne!(w.text(USER, "id"), before);

    w.sandbox().remove_user(&w.text(USER, "id")).await;
    w.destroy().await;
}

async fn existing_member_error_shows_import_block(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let id = w.sandbox().add_user(json!({"email": "ada@example.com"})).await;
    let refusal = w.apply_err(&ada("email = \"ADA@example.com\"")).await;
    assert!(refusal.contains("import {") && refusal.contains(&id), "{refusal}");
    assert!(w.sandbox().writes().await.is_empty(), "nothing was sent");
    w.sandbox().remove_user(&id).await;
    w.destroy().await;
}

async fn existing_member_is_adopted_if_requested(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let out_of_band = json!({"email": "ada@example.com", "first_name": "Ada"});
    let id = w.sandbox().add_user(out_of_band).await;
    w.apply(&ada("email = \"Ada@example.com\"\nadopt_existing = true")).await;
    assert_eq!(w.text(USER, "id"), id);
    assert_eq!(w.text(USER, "first_name"), "Ada");
    assert!(w.sandbox().writes().await.is_empty());
    // An adopted user is managed, so a destroy removes it.
    w.destroy().await;
}

async fn destroy_offboards_in_documented_order(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let id = w.text(USER, "id");
    w.sandbox().change_user(&id, json!({"seat": true})).await;
    w.sandbox().issue_token(&id, "2040-01-01T00:00:00Z").await;
    w.sandbox().clear_requests().await;
    w.apply("").await;
    assert_eq!(
        w.sandbox().writes().await,
        ["DELETE users/*/tokens/*", "DELETE users/*/seats", "DELETE users/*"]
    );
    w.destroy().await;
}

async fn destroy_without_offboarding_removes_only_user(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let plan = w.apply(&ada("email = \"ada@example.com\"\noffboard_on_destroy = false")).await;
    assert_eq!(plan.action(USER), Action::Update);
    w.sandbox().clear_requests().await;
    w.apply("").await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*"]);
    w.destroy().await;
}

async fn import_block_imports_existing_member(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let id = w.sandbox().add_user(json!({"email": "ada@example.com"})).await;
    let block = "import {\n  to = anaconda_user.ada\n  id = \"ada@example.com\"\n}\n";
    let plan = w.apply(&[ADA, block].concat()).await;
    assert!(plan.imports(USER));
    assert_eq!(plan.action(USER), Action::NoOp);
    assert_eq!(w.text(USER, "id"), id);
    w.destroy().await;
}

async fn plan_warns_about_admin_removal(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    w.sandbox().change_user(&w.text(USER, "id"), json!({"role": "admin"})).await;
    w.assert_settled().await;
    let plan = w.plan_with(&["-destroy"]).await;
    assert_eq!(plan.action(USER), Action::Delete);
    assert!(plan.text().contains("Organization admin will be removed"), "{}", plan.text());
    w.destroy().await;
}

async fn invalid_email_is_rejected_in_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for address in ["", "ada", "ada@", "a b@example.com"] {
        let refusal = w.plan_err(&ada(&format!("email = \"{address}\""))).await;
        assert!(refusal.contains("not a valid email address"), "{address}: {refusal}");
    }
    assert!(w.sandbox().requests().await.is_empty(), "nobody had to be asked");
    w.destroy().await;
}

async fn import_of_unknown_user_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let stranger = w.import_err(ADA, USER, "ada@example.com").await;
    assert!(stranger.contains("User not found"), "{stranger}");
    let wrong = w.import_err(ADA, USER, "Ada").await;
    assert!(wrong.contains("UUID"), "{wrong}");
    w.destroy().await;
}

async fn legacy_api_keeps_state_and_warns(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    w.apply(ADA).await;
    let managed = [ADA, &resource("user", "server", "first_name = \"Server\"")].concat();
    w.apply(&managed).await;
    let plan = w.plan(&managed).await;
    assert!(plan.is_empty());
    let warnings = plan.text().matches("Drift detection not available").count();
    assert_eq!(warnings, 1, "one warning is enough for two users:\n{}", plan.text());
    let one_more = [&managed, &resource("user", "one_more", "first_name = \"One\"")]
        .map(String::as_str)
        .concat();
    let refusal = w.import_err(&one_more, "anaconda_user.one_more", "ada@example.com").await;
    assert!(refusal.contains("Import not supported"), "{refusal}");
    w.destroy().await;
}
