//! Replacement of `anaconda_token` by `keepers`, with `create_before_destroy`, and for another
//! user.

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, Options, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, TOKEN, USER, resource};

on_clis! {
    each_series: [create_before_destroy_issues_new_token_first],
    oldest_and_newest: [
        create_before_destroy_works_with_several_active_tokens,
        create_before_destroy_requires_revoke_existing,
        token_for_other_user_revokes_previous,
    ],
}

/// Returns Ada with a seat and a token. A new round issues a new token before the old one is
/// revoked.
fn round(number: u8, more: &str) -> String {
    let token = format!(
        "user_id = anaconda_seat.ada.user_id\n\
         expires_at = \"2040-01-01T00:00:00Z\"\n\
         keepers = {{ round = \"{number}\" }}\n{more}\n\
         lifecycle {{\n  create_before_destroy = true\n}}"
    );
    [ADA, ADA_SEAT, &resource("token", "ada", &token)].concat()
}

/// Rotates once, and checks that only the new token is active.
async fn rotate(w: &mut TestEnv) {
    let more = "revoke_existing = true";
    w.apply(&round(1, more)).await;
    let before = w.state(TOKEN);
    w.sandbox().clear_requests().await;
    let plan = w.apply(&round(2, more)).await;
    assert_eq!(plan.action(TOKEN), Action::ReplaceCreateFirst);
    assert_eq!(w.sandbox().writes().await[0], "POST users/*/token");
    for new in ["id", "token"] {
        assert_ne!(w.state(TOKEN)[new], before[new], "{new}");
    }
    let live = w.sandbox().live_tokens(&w.text(USER, "id")).await;
    assert_eq!(live, [w.text(TOKEN, "id")], "exactly one, and it is the new one");
}

async fn create_before_destroy_issues_new_token_first(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    rotate(&mut w).await;
    // Issuing the new token has revoked the old one. The failed second revocation is not an error.
    let ended = w.sandbox().writes().await;
    assert_eq!(ended, ["POST users/*/token", "DELETE users/*/tokens/*"]);
    w.destroy().await;
}

async fn create_before_destroy_works_with_several_active_tokens(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { several_tokens: true, ..Options::default() }).await;
    rotate(&mut w).await;
    w.destroy().await;
}

async fn create_before_destroy_requires_revoke_existing(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&round(1, "")).await;
    let before = w.state(TOKEN);
    let refusal = w.apply_err(&round(2, "")).await;
    assert!(refusal.contains("Active token already exists"), "{refusal}");
    assert!(refusal.contains("revoke_existing"), "{refusal}");
    assert_eq!(w.state(TOKEN), before, "the old one is still managed");
    assert_eq!(w.sandbox().live_tokens(&w.text(USER, "id")).await, [w.text(TOKEN, "id")]);
    w.destroy().await;
}

async fn token_for_other_user_revokes_previous(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    let token = |owner: &str| {
        let token =
            format!("user_id = anaconda_user.{owner}.id\nexpires_at = \"2040-01-01T00:00:00Z\"");
        [ADA, &bob, &resource("token", "ada", &token)].concat()
    };
    w.apply(&token("ada")).await;
    let ada = w.text(USER, "id");
    let plan = w.apply(&token("bob")).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert!(w.sandbox().live_tokens(&ada).await.is_empty());
    assert_eq!(w.sandbox().live_tokens(&w.text("anaconda_user.bob", "id")).await.len(), 1);
    w.destroy().await;
}
