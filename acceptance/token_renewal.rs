//! Renewal of `anaconda_token` in place, with the same value.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{TOKEN, USER, ada_with_token};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        token_is_renewed_before_its_expiration,
        renewal_trigger_renews_after_subscription_renewal,
        token_with_other_active_tokens_is_not_renewed,
        renewal_trigger_sends_expiration_date_again,
        early_renewal_requires_sync_with_subscription,
    ],
}

const RENEWAL: &str = "PATCH users/*/token";

async fn subscription_ends(w: &TestEnv, date: &str) {
    w.sandbox().set(json!({ "subscription_end": date })).await;
}

/// Returns the ID and the value of the token in the state.
fn identity(w: &TestEnv) -> (String, String) {
    (w.text(TOKEN, "id"), w.text(TOKEN, "token"))
}

async fn token_is_renewed_before_its_expiration(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    subscription_ends(&w, "2040-06-30T00:00:00Z").await;
    w.set_now("2040-06-19T23:00:00Z").await;
    let hcl = ada_with_token("sync_with_subscription = true\nearly_renewal_hours = 240");
    w.apply(&hcl).await;
    assert_eq!(w.state(TOKEN)["ready_for_renewal"], false);
    let before = identity(&w);

    w.set_now("2040-06-20T01:00:00Z").await;
    w.refresh().await;
    assert_eq!(w.state(TOKEN)["ready_for_renewal"], true);
    let plan = w.plan(&hcl).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert!(plan.is_unknown(TOKEN, "expires_at") && !plan.is_unknown(TOKEN, "token"));

    subscription_ends(&w, "2041-06-30T00:00:00Z").await;
    w.sandbox().clear_requests().await;
    w.apply(&hcl).await;
    assert_eq!(w.sandbox().writes().await, [RENEWAL]);
    assert_eq!(identity(&w), before);
    assert!(w.text(TOKEN, "expires_at").starts_with("2041-06-30"));
    assert_eq!(w.state(TOKEN)["ready_for_renewal"], false);
    assert_eq!(w.sandbox().live_tokens(&w.text(USER, "id")).await, [before.0]);
    w.destroy().await;
}

async fn renewal_trigger_renews_after_subscription_renewal(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    subscription_ends(&w, "2050-06-30T00:00:00Z").await;
    let hcl = |round: &str| {
        let trigger = format!("renewal_triggers = {{ subscription = \"{round}\" }}");
        ada_with_token(&format!("sync_with_subscription = true\n{trigger}"))
    };
    w.apply(&hcl("1")).await;
    let before = identity(&w);

    // The API does not report the renewal of the subscription, so the user changes a trigger.
    subscription_ends(&w, "2051-06-30T00:00:00Z").await;
    w.assert_settled().await;
    w.sandbox().clear_requests().await;
    let plan = w.apply(&hcl("2")).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert_eq!(w.sandbox().bodies(RENEWAL).await.len(), 1);
    assert_eq!(w.sandbox().bodies(RENEWAL).await[0]["is_renewal"], true);
    assert_eq!(w.sandbox().writes().await, [RENEWAL]);
    assert_eq!(identity(&w), before);
    assert!(w.text(TOKEN, "expires_at").starts_with("2051-06-30"));
    w.destroy().await;
}

async fn token_with_other_active_tokens_is_not_renewed(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = |year: &str| ada_with_token(&format!("expires_at = \"{year}-01-01T00:00:00Z\""));
    w.apply(&hcl("2040")).await;
    let user = w.text(USER, "id");
    w.sandbox().set(json!({"several_tokens": true})).await;
    let other = w.sandbox().issue_token(&user, "2045-01-01T00:00:00Z").await;
    w.sandbox().clear_requests().await;
    let refusal = w.apply_err(&hcl("2041")).await;
    assert!(refusal.contains("Cannot update token"), "{refusal}");
    assert!(refusal.contains(&other), "the other one is named: {refusal}");
    assert!(w.sandbox().writes().await.is_empty(), "nothing was changed");

    w.sandbox().revoke_token(&user, &other).await;
    w.apply(&hcl("2041")).await;
    w.destroy().await;
}

async fn renewal_trigger_sends_expiration_date_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = |round: &str| {
        let trigger = format!("renewal_triggers = {{ a = \"{round}\" }}");
        ada_with_token(&format!("expires_at = \"2040-01-01T00:00:00Z\"\n{trigger}"))
    };
    w.apply(&hcl("1")).await;
    let before = identity(&w);
    w.sandbox().clear_requests().await;
    w.apply(&hcl("2")).await;
    let bodies = w.sandbox().bodies(RENEWAL).await;
    assert_eq!(bodies.len(), 1, "{bodies:?}");
    assert_eq!(bodies[0]["expires_at"], "2040-01-01T00:00:00Z");
    assert_eq!(bodies[0]["is_renewal"], false);
    assert_eq!(identity(&w), before);
    w.destroy().await;
}

async fn early_renewal_requires_sync_with_subscription(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for (arguments, reason) in [
        (
            "expires_at = \"2040-01-01T00:00:00Z\"\nearly_renewal_hours = 1",
            "Conflicting configuration arguments",
        ),
        ("sync_with_subscription = true\nearly_renewal_hours = 0", "1 to 8760"),
        ("sync_with_subscription = true\nearly_renewal_hours = 8761", "1 to 8760"),
    ] {
        let refusal = w.plan_err(&ada_with_token(arguments)).await;
        assert!(refusal.contains(reason), "{arguments}: {refusal}");
    }
    w.destroy().await;
}
