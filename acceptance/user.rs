//! `anaconda_user` from beginning to end.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, USER, resource};

on_clis! {
    each_series: [
        a_person_is_added_imported_and_removed,
        an_import_block_brings_a_member_in needs [IMPORT_BLOCKS],
        a_wrong_address_is_refused_by_the_plan,
    ],
    oldest_and_newest: [
        a_managed_user_has_no_address,
        the_spelling_of_an_address_is_the_configurations,
        another_address_is_another_user,
        a_persons_name_is_theirs needs [QUIET_REFRESH],
        another_name_makes_another_managed_user,
        a_user_removed_elsewhere_is_added_again,
        a_member_is_refused_with_the_block_that_imports_them,
        a_member_is_adopted_on_request,
        destroying_offboards_in_order,
        without_offboarding_the_user_alone_is_removed,
        removing_an_admin_is_announced needs [DESTROY_PLANS],
        an_import_of_a_stranger_says_so,
        without_listings_the_state_is_kept_and_a_warning_says_so,
    ],
}

fn ada(arguments: &str) -> String {
    resource("user", "ada", arguments)
}

async fn a_person_is_added_imported_and_removed(cli: Cli) {
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

async fn a_managed_user_has_no_address(cli: Cli) {
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

async fn the_spelling_of_an_address_is_the_configurations(cli: Cli) {
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

async fn another_address_is_another_user(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let id = w.text(USER, "id");
    let plan = w.apply(&ada("email = \"lovelace@example.com\"")).await;
    assert_eq!(plan.action(USER), Action::Replace);
    assert_ne!(w.text(USER, "id"), id);
    assert!(w.sandbox().user("ada@example.com").await.is_none());
    assert!(w.sandbox().user("lovelace@example.com").await.is_some());

    // `email` is computed too: an argument that is left out asks for no change.
    let plan = w.plan(&ada("")).await;
    assert_eq!(plan.action(USER), Action::NoOp);
    w.destroy().await;
}

async fn a_persons_name_is_theirs(cli: Cli) {
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

async fn another_name_makes_another_managed_user(cli: Cli) {
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

async fn a_user_removed_elsewhere_is_added_again(cli: Cli) {
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

async fn a_member_is_refused_with_the_block_that_imports_them(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let id = w.sandbox().add_user(json!({"email": "ada@example.com"})).await;
    let refusal = w.apply_err(&ada("email = \"ADA@example.com\"")).await;
    assert!(refusal.contains("import {") && refusal.contains(&id), "{refusal}");
    assert!(w.sandbox().writes().await.is_empty(), "nothing was sent");
    w.sandbox().remove_user(&id).await;
    w.destroy().await;
}

async fn a_member_is_adopted_on_request(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let by_hand = json!({"email": "ada@example.com", "first_name": "Ada"});
    let id = w.sandbox().add_user(by_hand).await;
    w.apply(&ada("email = \"Ada@example.com\"\nadopt_existing = true")).await;
    assert_eq!(w.text(USER, "id"), id);
    assert_eq!(w.text(USER, "first_name"), "Ada");
    assert!(w.sandbox().writes().await.is_empty());
    // Adopted is managed: removed like any other.
    w.destroy().await;
}

async fn destroying_offboards_in_order(cli: Cli) {
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

async fn without_offboarding_the_user_alone_is_removed(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let plan = w.apply(&ada("email = \"ada@example.com\"\noffboard_on_destroy = false")).await;
    assert_eq!(plan.action(USER), Action::Update);
    w.sandbox().clear_requests().await;
    w.apply("").await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*"]);
    w.destroy().await;
}

async fn an_import_block_brings_a_member_in(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let id = w.sandbox().add_user(json!({"email": "ada@example.com"})).await;
    let block = "import {\n  to = anaconda_user.ada\n  id = \"ada@example.com\"\n}\n";
    let plan = w.apply(&[ADA, block].concat()).await;
    assert!(plan.imports(USER));
    assert_eq!(plan.action(USER), Action::NoOp);
    assert_eq!(w.text(USER, "id"), id);
    w.destroy().await;
}

async fn removing_an_admin_is_announced(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    w.sandbox().change_user(&w.text(USER, "id"), json!({"role": "admin"})).await;
    w.assert_settled().await;
    let plan = w.plan_with(&["-destroy"]).await;
    assert_eq!(plan.action(USER), Action::Delete);
    assert!(plan.text().contains("Organization admin will be removed"), "{}", plan.text());
    w.destroy().await;
}

async fn a_wrong_address_is_refused_by_the_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for address in ["", "ada", "ada@", "a b@example.com"] {
        let refusal = w.plan_err(&ada(&format!("email = \"{address}\""))).await;
        assert!(refusal.contains("not a valid email address"), "{address}: {refusal}");
    }
    assert!(w.sandbox().requests().await.is_empty(), "nobody had to be asked");
    w.destroy().await;
}

async fn an_import_of_a_stranger_says_so(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let stranger = w.import_err(ADA, USER, "ada@example.com").await;
    assert!(stranger.contains("User not found"), "{stranger}");
    let wrong = w.import_err(ADA, USER, "Ada").await;
    assert!(wrong.contains("UUID"), "{wrong}");
    w.destroy().await;
}

async fn without_listings_the_state_is_kept_and_a_warning_says_so(cli: Cli) {
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
