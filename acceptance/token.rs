//! The whole lifecycle of `anaconda_token`.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, Options, TestEnv, list};
use crate::hcl::{ADA, ADA_SEAT, END, TOKEN, USER, ada_with_token, resource};

on_clis! {
    each_series: [
        token_is_issued_imported_and_revoked,
        changed_keepers_rotate_token_value,
    ],
    oldest_and_newest: [
        changed_expiration_keeps_token_value,
        respelled_expiration_plans_no_changes,
        token_can_sync_with_subscription_end,
        grace_period_changes_in_place,
        existing_active_token_is_kept_unless_allowed,
        hidden_token_is_not_in_state,
        email_is_sent_only_if_requested,
        token_requires_one_future_expiration,
        import_of_missing_token_is_rejected,
        token_resource_works_with_legacy_api,
        legacy_api_issues_token_for_new_user,
        revoke_existing_revokes_several_active_tokens,
    ],
}

/// Returns the requests for tokens.
async fn token_calls(w: &TestEnv) -> Vec<String> {
    let calls = w.sandbox().calls().await;
    calls.into_iter().filter(|call| call.contains("/token")).collect()
}

/// Returns the token of the state as the sandbox stores it.
async fn as_listed(w: &TestEnv) -> Value {
    let user = w.sandbox().user("ada@example.com").await.unwrap();
    let id = w.text(TOKEN, "id");
    list(&user, "tokens").into_iter().find(|token| token["id"] == id.as_str()).unwrap()
}

async fn token_is_issued_imported_and_revoked(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada_with_token(END);
    let (plan, _) = w.apply_unchecked(&hcl).await;
    assert_eq!(plan.action(TOKEN), Action::Create);
    assert!(plan.is_unknown(TOKEN, "token"));
    // A new user has no active token that could be revoked, so the provider does not list tokens
    // first.
    assert_eq!(token_calls(&w).await, ["POST users/*/token", "GET users/*/tokens"]);
    w.assert_settled().await;

    let (user, id) = (w.text(USER, "id"), w.text(TOKEN, "id"));
    assert_eq!(w.sandbox().live_tokens(&user).await, [id.as_str()]);
    assert_eq!(w.text(TOKEN, "expires_at"), "2040-01-01T00:00:00Z", "as it was written");
    assert!(w.sandbox().secrets().await.contains(&w.text(TOKEN, "token")));
    for fact in ["revoked", "expired", "ready_for_renewal"] {
        assert_eq!(w.state(TOKEN)[fact], false, "{fact}");
    }

    // The API shows the value only once, and it formats the date differently.
    let alone = resource("token", "ada", &format!("user_id = \"{user}\"\n{END}"));
    let unknown = ["token", "expires_at"];
    w.import_verify(&alone, TOKEN, &format!("{user}/{id}"), &unknown).await;
    w.import_verify(&alone, TOKEN, "ada@example.com", &unknown).await;

    w.sandbox().clear_requests().await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/tokens/*"]);
    assert!(w.sandbox().live_tokens(&user).await.is_empty());

    w.sandbox().clear_requests().await;
    w.apply_unchecked(&hcl).await;
    let looked = ["GET users/*/tokens", "POST users/*/token", "GET users/*/tokens"];
    assert_eq!(token_calls(&w).await, looked);
    w.destroy().await;
}

async fn changed_expiration_keeps_token_value(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    let before = w.state(TOKEN);
    w.sandbox().clear_requests().await;
    let plan = w.apply(&ada_with_token("expires_at = \"2041-01-01T00:00:00Z\"")).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert_eq!(w.sandbox().writes().await, ["PATCH users/*/token"]);
    for kept in ["id", "token"] {
        assert_eq!(w.state(TOKEN)[kept], before[kept], "{kept}");
    }
    assert!(as_listed(&w).await["expires_at"].as_str().unwrap().starts_with("2041-01-01"));

    // If the expiration date was changed outside of Terraform, the apply changes it back.
    let (user, id) = (w.text(USER, "id"), w.text(TOKEN, "id"));
    w.sandbox().change_token(&user, &id, "2031-05-05T00:00:00Z").await;
    w.advance_one_hour();
    let plan = w.apply(&ada_with_token("expires_at = \"2041-01-01T00:00:00Z\"")).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert!(as_listed(&w).await["expires_at"].as_str().unwrap().starts_with("2041-01-01"));
    w.destroy().await;
}

async fn respelled_expiration_plans_no_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    w.sandbox().clear_requests().await;
    w.apply(&ada_with_token("expires_at = \"2040-01-01T02:00:00.000+02:00\"")).await;
    assert!(w.sandbox().writes().await.is_empty());
    w.destroy().await;
}

async fn changed_keepers_rotate_token_value(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(&format!("{END}\nkeepers = {{ month = \"1\" }}"))).await;
    let before = w.state(TOKEN);
    w.sandbox().clear_requests().await;
    let plan = w.apply(&ada_with_token(&format!("{END}\nkeepers = {{ month = \"2\" }}"))).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/tokens/*", "POST users/*/token"]);
    for new in ["id", "token"] {
        assert_ne!(w.state(TOKEN)[new], before[new], "{new}");
    }
    let live = w.sandbox().live_tokens(&w.text(USER, "id")).await;
    assert_eq!(live, [w.text(TOKEN, "id")]);
    w.destroy().await;
}

async fn token_can_sync_with_subscription_end(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"subscription_end": "2050-06-30T00:00:00Z"})).await;
    w.apply(&ada_with_token("sync_with_subscription = true")).await;
    assert!(w.text(TOKEN, "expires_at").starts_with("2050-06-30"));
    let secret = w.text(TOKEN, "token");

    // The token changes from the subscription end to a fixed date and back. Its value stays the
    // same.
    let plan = w.apply(&ada_with_token(END)).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert!(as_listed(&w).await["expires_at"].as_str().unwrap().starts_with("2040-01-01"));
    let plan = w.apply(&ada_with_token("sync_with_subscription = true")).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert!(w.text(TOKEN, "expires_at").starts_with("2050-06-30"));
    assert_eq!(w.text(TOKEN, "token"), secret);
    w.destroy().await;
}

async fn grace_period_changes_in_place(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    let plan = w.apply(&ada_with_token(&format!("{END}\nexpiration_tolerance_months = 3"))).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert_eq!(as_listed(&w).await["tolerance_months"], 3);
    w.destroy().await;
}

async fn existing_active_token_is_kept_unless_allowed(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    let user = w.text(USER, "id");
    let theirs = w.sandbox().issue_token(&user, "2040-01-01T00:00:00Z").await;
    let refusal = w.apply_err(&ada_with_token(END)).await;
    assert!(refusal.contains("Active token already exists"), "{refusal}");
    assert!(refusal.contains(&theirs) && refusal.contains("revoke_existing"), "{refusal}");
    assert_eq!(w.sandbox().live_tokens(&user).await, [theirs.as_str()]);

    let (_, said) =
        w.apply_unchecked(&ada_with_token(&format!("{END}\nrevoke_existing = true"))).await;
    assert!(said.contains(&theirs), "the one that ends is named: {said}");
    assert_eq!(w.sandbox().live_tokens(&user).await, [w.text(TOKEN, "id")]);
    w.assert_settled().await;
    w.destroy().await;
}

async fn hidden_token_is_not_in_state(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(&format!("{END}\nhide_token = true"))).await;
    assert_eq!(w.state(TOKEN)["token"], Value::Null);
    let plan = w.apply(&ada_with_token(END)).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert!(w.state(TOKEN)["token"].is_string());
    w.destroy().await;
}

async fn email_is_sent_only_if_requested(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = |mail: &str, round: &str| {
        ada_with_token(&format!(
            "{END}\nsend_token_email = {mail}\nkeepers = {{ round = \"{round}\" }}"
        ))
    };
    w.apply(&hcl("false", "1")).await;
    assert_eq!(as_listed(&w).await["emailed"], false);
    w.sandbox().clear_requests().await;
    let plan = w.apply(&hcl("true", "1")).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert!(w.sandbox().writes().await.is_empty(), "the token is there already");
    w.apply(&hcl("true", "2")).await;
    assert_eq!(as_listed(&w).await["emailed"], true);
    w.destroy().await;
}

async fn token_requires_one_future_expiration(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for (arguments, reason) in [
        ("", "Missing required argument"),
        (
            "sync_with_subscription = true\nexpires_at = \"2040-01-01T00:00:00Z\"",
            "Conflicting configuration arguments",
        ),
        ("expires_at = \"2001-01-01T00:00:00Z\"", "must be in the future"),
        ("expires_at = \"soon\"", "RFC 3339"),
        ("expires_at = \"2040-01-01T00:00:00Z\"\nexpiration_tolerance_months = 121", "0 to 120"),
    ] {
        let refusal = w.plan_err(&ada_with_token(arguments)).await;
        assert!(refusal.contains(reason), "{arguments}: {refusal}");
    }
    w.destroy().await;
}

async fn import_of_missing_token_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    let hcl = ada_with_token(END);
    let none = w.import_err(&hcl, TOKEN, "ada@example.com").await;
    assert!(none.contains("No active token to import"), "{none}");
    let id = "ada@example.com/00000000-0000-4000-8000-000000000000";
    let unknown = w.import_err(&hcl, TOKEN, id).await;
    assert!(unknown.contains("Token not found"), "{unknown}");
    w.destroy().await;
}

async fn token_resource_works_with_legacy_api(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    let refusal = w.apply_err(&ada_with_token(END)).await;
    assert!(refusal.contains("Unable to list tokens"), "nobody knows what would end: {refusal}");

    let hcl = |end: &str| ada_with_token(&format!("{end}\nrevoke_existing = true"));
    w.apply(&hcl(END)).await;
    let user = w.text(USER, "id");
    assert_eq!(w.text(TOKEN, "id"), user, "the token's own id is told nowhere");
    assert_eq!(w.sandbox().live_tokens(&user).await.len(), 1);

    w.sandbox().clear_requests().await;
    let secret = w.text(TOKEN, "token");
    w.apply(&hcl("expires_at = \"2041-01-01T00:00:00Z\"")).await;
    assert_eq!(w.sandbox().writes().await, ["PATCH users/*/token"]);
    assert_eq!(w.text(TOKEN, "token"), secret);

    w.sandbox().clear_requests().await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/token"]);
    assert!(w.sandbox().live_tokens(&user).await.is_empty());
    w.destroy().await;
}

async fn legacy_api_issues_token_for_new_user(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    // A new user has no active token that could be revoked, so `revoke_existing` is not required.
    w.apply(&ada_with_token(END)).await;
    assert_eq!(w.sandbox().live_tokens(&w.text(USER, "id")).await.len(), 1);
    w.destroy().await;
}

async fn revoke_existing_revokes_several_active_tokens(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { several_tokens: true, ..Options::default() }).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    let user = w.text(USER, "id");
    w.sandbox().issue_token(&user, "2040-01-01T00:00:00Z").await;
    w.apply(&ada_with_token(&format!("{END}\nrevoke_existing = true"))).await;
    assert_eq!(w.sandbox().live_tokens(&user).await, [w.text(TOKEN, "id")]);
    w.destroy().await;
}
