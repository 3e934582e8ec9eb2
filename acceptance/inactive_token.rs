//! Inactive tokens of `anaconda_token`: revoked, missing, or expired.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{END, TOKEN, USER, ada_with_token};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        externally_revoked_token_is_issued_again,
        missing_token_is_issued_again,
        inactive_token_is_kept_if_recreation_disabled,
        token_expired_with_subscription_is_issued_again,
        expired_token_waits_for_later_expiration_date,
        externally_removed_user_is_recreated_with_token,
        missing_token_is_kept_if_recreation_disabled,
        expired_token_is_kept_if_recreation_disabled,
        token_in_grace_period_is_active,
    ],
}

async fn externally_revoked_token_is_issued_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    let before = w.text(TOKEN, "token");
    w.sandbox().revoke_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    let plan = w.apply(&ada_with_token(END)).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert_ne!(w.text(TOKEN, "token"), before);

    // The destroy also succeeds if the token is already revoked.
    w.sandbox().revoke_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    w.destroy().await;
}

async fn missing_token_is_issued_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    w.sandbox().delete_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    w.advance_one_hour();
    let plan = w.apply(&ada_with_token(END)).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    w.sandbox().delete_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    w.destroy().await;
}

async fn inactive_token_is_kept_if_recreation_disabled(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada_with_token(&format!("{END}\nrecreate_if_invalid = false"));
    w.apply(&hcl).await;
    w.sandbox().revoke_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(TOKEN), Action::NoOp);
    w.refresh().await;
    assert_eq!(w.state(TOKEN)["revoked"], true);
    assert!(w.state(TOKEN)["token"].is_string());

    let plan = w.plan(&ada_with_token(END)).await;
    assert_eq!(plan.action(TOKEN), Action::Replace, "until one is wanted again");
    w.destroy().await;
}

async fn missing_token_is_kept_if_recreation_disabled(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada_with_token(&format!("{END}\nrecreate_if_invalid = false"));
    w.apply(&hcl).await;
    w.sandbox().delete_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    w.advance_one_hour();
    let said = w.refresh().await;
    assert!(said.contains("Token revoked or deleted outside of Terraform"), "{said}");
    assert_eq!(w.state(TOKEN)["revoked"], true);
    w.assert_settled().await;
    w.destroy().await;
}

async fn expired_token_is_kept_if_recreation_disabled(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada_with_token(&format!("{END}\nrecreate_if_invalid = false"));
    w.apply(&hcl).await;
    w.set_now("2040-01-02T00:00:00Z").await;
    w.refresh().await;
    assert_eq!(w.state(TOKEN)["expired"], true);
    w.assert_settled().await;
    let plan = w.plan(&hcl).await;
    assert!(!plan.text().contains("Cannot replace expired token"), "nobody asked for another one");
    w.destroy().await;
}

async fn token_expired_with_subscription_is_issued_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"subscription_end": "2040-06-30T00:00:00Z"})).await;
    let hcl = |round: &str| {
        let triggers = format!("renewal_triggers = {{ subscription = \"{round}\" }}");
        ada_with_token(&format!("sync_with_subscription = true\n{triggers}"))
    };
    w.apply(&hcl("2039")).await;
    let before = w.text(TOKEN, "token");
    w.set_now("2040-07-02T00:00:00Z").await;

    // Until the user changes `renewal_triggers` after a renewal of the subscription, a new token
    // would expire immediately.
    for _ in 0..2 {
        w.sandbox().clear_requests().await;
        let (plan, _) = w.apply_unchecked(&hcl("2039")).await;
        assert_eq!(plan.action(TOKEN), Action::NoOp, "{}", plan.text());
        assert!(
            plan.diagnostics_text().contains("Cannot replace expired token"),
            "{}",
            plan.text()
        );
        assert!(w.sandbox().writes().await.is_empty());
    }

    w.sandbox().set(json!({"subscription_end": "2041-06-30T00:00:00Z"})).await;
    let plan = w.apply(&hcl("2040")).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert_ne!(w.text(TOKEN, "token"), before);
    assert!(w.text(TOKEN, "expires_at").starts_with("2041-06-30"));
    assert_eq!(w.sandbox().live_tokens(&w.text(USER, "id")).await, [w.text(TOKEN, "id")]);
    w.destroy().await;
}

async fn expired_token_waits_for_later_expiration_date(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    let before = w.text(TOKEN, "token");
    w.set_now("2040-01-02T00:00:00Z").await;
    let plan = w.plan(&ada_with_token(END)).await;
    assert_eq!(plan.action(TOKEN), Action::NoOp, "{}", plan.text());
    assert!(plan.text().contains("Cannot replace expired token"), "{}", plan.text());
    w.refresh().await;
    assert_eq!(w.state(TOKEN)["expired"], true);

    let plan = w.apply(&ada_with_token("expires_at = \"2041-01-01T00:00:00Z\"")).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert_ne!(w.text(TOKEN, "token"), before);
    assert_eq!(w.state(TOKEN)["expired"], false);
    w.destroy().await;
}

async fn externally_removed_user_is_recreated_with_token(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    w.sandbox().remove_user(&w.text(USER, "id")).await;
    w.advance_one_hour();
    let plan = w.apply(&ada_with_token(END)).await;
    assert!(plan.actions().values().all(|action| *action == Action::Create), "{}", plan.text());
    w.destroy().await;
}

async fn token_in_grace_period_is_active(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada_with_token(&format!("{END}\nexpiration_tolerance_months = 3"));
    w.apply(&hcl).await;
    w.set_now("2040-02-01T00:00:00Z").await;
    w.assert_settled().await;
    assert_eq!(w.state(TOKEN)["expired"], Value::Bool(false));
    w.destroy().await;
}
