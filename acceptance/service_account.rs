//! The whole lifecycle of `anaconda_service_account`.

use serde_json::Value;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, Options, TestEnv};
use crate::hcl::resource;

const CI: &str = "anaconda_service_account.ci";

on_clis! {
    each_series: [service_account_is_created_imported_and_deleted],
    oldest_and_newest: [
        changed_name_replaces_service_account,
        changed_keepers_rotate_client_secret,
        name_prefix_allows_create_before_destroy,
        account_with_prefix_imports_without_changes,
        hidden_client_secret_is_not_in_state,
        externally_deleted_account_is_created_again,
        existing_account_name_error_shows_import_block,
        own_service_account_deletion_is_rejected needs [DESTROY_PLANS],
        legacy_service_account_list_is_understood,
        invalid_account_name_is_rejected_in_plan,
        account_requires_name_or_prefix_not_both,
        import_of_missing_account_is_rejected,
    ],
}

fn ci(arguments: &str) -> String {
    resource("service_account", "ci", arguments)
}

async fn service_account_is_created_imported_and_deleted(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ci("name = \"ci-runner\"");
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(CI), Action::Create);
    assert!(plan.is_unknown(CI, "client_id") && plan.is_unknown(CI, "client_secret"));
    assert_eq!(w.sandbox().writes().await, ["POST service-accounts"]);
    assert!(w.sandbox().service_accounts().await.contains(&"ci-runner".to_owned()));

    let client_id = w.text(CI, "client_id");
    assert_eq!(w.text(CI, "id"), client_id);
    assert_eq!(w.text(CI, "organization_id"), Options::default().organization);
    assert!(w.sandbox().secrets().await.contains(&w.text(CI, "client_secret")));

    // The API shows the secret only once. An import does not know it, and a plan must not change
    // because of that.
    w.import_verify(&hcl, CI, &client_id, &["client_secret"]).await;
    w.import_verify(&hcl, CI, "name/ci-runner", &["client_secret"]).await;
    w.destroy().await;
}

async fn changed_name_replaces_service_account(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ci("name = \"before\"")).await;
    let before = w.state(CI);
    let plan = w.apply(&ci("name = \"after\"")).await;
    assert_eq!(plan.action(CI), Action::Replace);
    assert_ne!(w.state(CI)["client_id"], before["client_id"]);
    assert_ne!(w.state(CI)["client_secret"], before["client_secret"]);
    let names = w.sandbox().service_accounts().await;
    assert!(names.contains(&"after".to_owned()) && !names.contains(&"before".to_owned()));
    w.destroy().await;
}

async fn changed_keepers_rotate_client_secret(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ci("name = \"ci\"\nkeepers = { month = \"1\" }")).await;
    let before = w.text(CI, "client_secret");
    let plan = w.apply(&ci("name = \"ci\"\nkeepers = { month = \"2\" }")).await;
    assert_eq!(plan.action(CI), Action::Replace);
    assert_ne!(w.text(CI, "client_secret"), before);
    w.destroy().await;
}

async fn name_prefix_allows_create_before_destroy(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = |month: u8| {
        ci(&format!(
            "name_prefix = \"ci-\"\nkeepers = {{ month = \"{month}\" }}\n\
             lifecycle {{\n  create_before_destroy = true\n}}"
        ))
    };
    w.apply(&hcl(1)).await;
    let before = w.state(CI);
    let name = w.text(CI, "name");
    assert!(name.starts_with("ci-") && name.len() > "ci-".len() + 5, "{name}");
    w.sandbox().clear_requests().await;
    let plan = w.apply(&hcl(2)).await;
    assert_eq!(plan.action(CI), Action::ReplaceCreateFirst);
    assert_eq!(w.sandbox().writes().await, ["POST service-accounts", "DELETE service-accounts/*"]);
    for new in ["name", "client_id", "client_secret"] {
        assert_ne!(w.state(CI)[new], before[new], "{new}");
    }
    let names = w.sandbox().service_accounts().await;
    assert!(names.contains(&w.text(CI, "name")) && !names.contains(&name), "{names:?}");
    w.destroy().await;
}

async fn account_with_prefix_imports_without_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let client_id = w.sandbox().add_service_account("ci-by-hand").await;
    let hcl = ci("name_prefix = \"ci-\"");
    w.import(&hcl, CI, "name/ci-by-hand").await;
    w.sandbox().clear_requests().await;
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(CI), Action::Update, "only the state learns the prefix");
    assert!(w.sandbox().writes().await.is_empty());
    assert_eq!(w.text(CI, "client_id"), client_id);

    // With its full name, it is still the same service account. With another prefix, it is not.
    let plan = w.apply(&ci("name = \"ci-by-hand\"")).await;
    assert_eq!(plan.action(CI), Action::Update);
    let plan = w.plan(&ci("name_prefix = \"other-\"")).await;
    assert_eq!(plan.action(CI), Action::Replace);
    assert!(plan.is_unknown(CI, "name"));
    w.destroy().await;
}

async fn account_requires_name_or_prefix_not_both(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let long = format!("name_prefix = \"{}\"", "x".repeat(56));
    for (arguments, reason) in [
        ("", "name_prefix"),
        ("name = \"ci\"\nname_prefix = \"ci-\"", "name_prefix"),
        ("name_prefix = \"\"", "1 to 55"),
        ("name_prefix = \"CI\"", "1 to 55"),
        (&long, "1 to 55"),
    ] {
        let refusal = w.plan_err(&ci(arguments)).await;
        assert!(refusal.contains(reason), "{arguments}: {refusal}");
    }
    assert!(w.sandbox().requests().await.is_empty(), "nobody had to be asked");
    w.destroy().await;
}

async fn hidden_client_secret_is_not_in_state(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ci("name = \"ci\"\nhide_client_secret = true")).await;
    assert_eq!(w.state(CI)["client_secret"], Value::Null);
    let plan = w.apply(&ci("name = \"ci\"")).await;
    assert_eq!(plan.action(CI), Action::Replace);
    assert!(w.state(CI)["client_secret"].is_string());
    w.destroy().await;
}

async fn externally_deleted_account_is_created_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ci("name = \"ci\"");
    w.apply(&hcl).await;
    let before = w.text(CI, "client_id");
    w.sandbox().remove_service_account(&before).await;
    w.advance_one_hour();
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(CI), Action::Create);
    assert!(plan.text().contains(&before), "the plan names what is gone:\n{}", plan.text());
    assert_ne!(w.text(CI, "client_id"), before);

    // The service account is deleted out of band again, and then only a destroy follows.
    w.sandbox().remove_service_account(&w.text(CI, "client_id")).await;
    w.destroy().await;
}

async fn existing_account_name_error_shows_import_block(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ci("name = \"taken\"");
    let client_id = w.sandbox().add_service_account("taken").await;
    let refusal = w.apply_err(&hcl).await;
    assert!(refusal.contains("import {") && refusal.contains(&client_id), "{refusal}");
    assert!(w.sandbox().writes().await.is_empty(), "nothing was sent");

    w.import(&hcl, CI, &client_id).await;
    w.assert_settled().await;
    w.destroy().await;
}

async fn own_service_account_deletion_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let own = Options::default().client_id;
    let listed = w.sandbox().state().await["service_accounts"].clone();
    let account = listed.as_array().unwrap().iter().find(|one| one["client_id"] == own.as_str());
    let name = account.unwrap()["name"].as_str().unwrap().to_owned();
    w.import(&ci(&format!("name = \"{name}\"")), CI, &own).await;
    let refusal = w.plan_err("").await;
    assert!(refusal.contains("Service account in use by the provider"), "{refusal}");
    w.command(&["state", "rm", CI]).await;
    w.destroy().await;
}

async fn legacy_service_account_list_is_understood(cli: Cli) {
    // The legacy list response is a single object for one service account, and an array for
    // several.
    let mut w = TestEnv::for_guide(&cli).await;
    let hcl = ci("name = \"ci\"");
    w.apply(&hcl).await;
    w.import_verify(&hcl, CI, "name/ci", &["client_secret"]).await;
    w.sandbox().remove_service_account(&w.text(CI, "client_id")).await;
    w.advance_one_hour();
    assert_eq!(w.plan(&hcl).await.action(CI), Action::Create);
    w.apply(&hcl).await;
    w.destroy().await;
}

async fn invalid_account_name_is_rejected_in_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let long = "x".repeat(65);
    for name in ["CI", "a b", "", "a.b", &long] {
        let refusal = w.plan_err(&ci(&format!("name = \"{name}\""))).await;
        assert!(refusal.contains("1 to 64"), "{name}: {refusal}");
    }
    assert!(w.sandbox().requests().await.is_empty(), "nobody had to be asked");
    w.destroy().await;
}

async fn import_of_missing_account_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ci("name = \"ci\"");
    let missing = w.import_err(&hcl, CI, "name/nobody").await;
    assert!(missing.contains("Service account not found"), "{missing}");
    let wrong = w.import_err(&hcl, CI, "no id at all").await;
    assert!(wrong.contains("name/"), "{wrong}");
    w.destroy().await;
}
