//! The provider does not trust a single negative response. It does not take objects of another
//! organization as deleted, and it keeps an issued token.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, END, SEAT, TOKEN, USER, resource};

on_clis! {
    each_series: [token_with_failed_list_is_kept_and_completed],
    oldest_and_newest: [
        state_of_other_organization_error_names_both,
        one_false_response_changes_no_plan,
        externally_removed_user_leaves_state_with_dependents,
    ],
}

/// Returns Ada with a seat and a token.
fn everything() -> String {
    let token = resource("token", "ada", &format!("user_id = anaconda_user.ada.id\n{END}"));
    [ADA, ADA_SEAT, &token].concat()
}

async fn token_with_failed_list_is_kept_and_completed(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let user = w.text(USER, "id");
    w.sandbox()
        .add_fault(json!({
            "operation": "list_tokens",
            "from": 2,
            "fault": {"kind": "status", "status": 403},
        }))
        .await;
    // The first list request looks for an active token. The list request after the POST fails.
    let token = resource("token", "ada", &format!("user_id = anaconda_user.ada.id\n{END}"));
    let (_, said) = w.apply_unchecked(&[ADA, &token].concat()).await;
    assert!(said.contains("Token issued, steps remaining"), "{said}");
    let value = w.text(TOKEN, "token");
    assert_eq!(w.text(TOKEN, "id"), user, "its id is not known yet");
    w.sandbox().clear_faults().await;

    w.refresh().await;
    w.assert_settled().await;
    let live = w.sandbox().live_tokens(&user).await;
    assert_eq!((vec![w.text(TOKEN, "id")], w.text(TOKEN, "token")), (live.clone(), value));
    let identity = w.identity(TOKEN);
    if !identity.is_null() {
        assert_eq!(identity["id"], json!(live[0]), "the identity is whole");
    }
    w.destroy().await;
}

async fn state_of_other_organization_error_names_both(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&everything()).await;
    w.set_env("ANACONDA_ORGANIZATION_ID", "beta");
    let refusal = w.command_err(&["plan"]).await;
    assert!(refusal.contains("Organization ID mismatch"), "{refusal}");
    assert!(refusal.contains("\"beta\"") && refusal.contains("\"sandbox\""), "{refusal}");
    // Terraform before 1.3 does not ask the provider to plan a removal, so the apply rejects it.
    let refusal = w.command_err(&["destroy", "-auto-approve", "-refresh=false"]).await;
    assert!(refusal.contains("Organization ID mismatch"), "{refusal}");
    for address in [USER, SEAT, TOKEN] {
        assert!(w.has(address), "{address}");
    }
    w.set_env("ANACONDA_ORGANIZATION_ID", "sandbox");
    w.assert_settled().await;
    w.destroy().await;
}

async fn one_false_response_changes_no_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&everything()).await;
    w.advance_one_hour();
    for (operation, fault) in [
        ("list_users", json!({"kind": "omit", "item": "ada@example.com"})),
        ("list_tokens", json!({"kind": "omit"})),
        ("list_tokens", json!({"kind": "status", "status": 404, "message": "User not found"})),
        ("list_tokens", json!({"kind": "status", "status": 404, "body": "unserved"})),
    ] {
        w.sandbox().add_fault(json!({"operation": operation, "fault": fault})).await;
        assert!(w.plan(&everything()).await.is_empty(), "{operation} {fault}");
        w.sandbox().clear_faults().await;
    }
    w.destroy().await;
}

async fn externally_removed_user_leaves_state_with_dependents(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&everything()).await;
    w.advance_one_hour();
    w.sandbox().remove_user(&w.text(USER, "id")).await;
    w.refresh().await;
    for address in [USER, SEAT, TOKEN] {
        assert!(!w.has(address), "{address}");
    }
    let plan = w.plan(&everything()).await;
    assert!([USER, SEAT, TOKEN].iter().all(|it| plan.action(it) == Action::Create));
    w.apply(&everything()).await;
    w.destroy().await;
}
