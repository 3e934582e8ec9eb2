//! Error messages of failed runs, and the state after them.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, END, TOKEN, USER, ada_token, ada_with_token, provider, resource};

on_clis! {
    each_series: [partially_failed_apply_continues_in_next_apply],
    oldest_and_newest: [
        unreachable_server_is_named_in_error,
        access_token_is_renewed_during_long_run,
        last_admin_removal_is_rejected,
    ],
}

async fn partially_failed_apply_continues_in_next_apply(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"seats": 0})).await;
    let seat = "user_id = anaconda_user.ada.id\ntimeouts {\n  create = \"1s\"\n}";
    let hcl = [ADA, &resource("seat", "ada", seat), &ada_token(END)].concat();
    w.apply_err(&hcl).await;
    assert!(w.has(USER) && !w.has(TOKEN));
    let id = w.text(USER, "id");

    w.sandbox().set(json!({"seats": 1})).await;
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(USER), Action::NoOp);
    assert_eq!(w.text(USER, "id"), id);
    w.destroy().await;
}

async fn unreachable_server_is_named_in_error(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_env("ANACONDA_BASE_URL", "http://127.0.0.1:9");
    let refusal = w.apply_err(&[ADA, &provider("max_retries = 0")].concat()).await;
    assert!(refusal.contains("127.0.0.1:9"), "{refusal}");
    assert!(!w.has(USER));
    w.destroy().await;
}

async fn access_token_is_renewed_during_long_run(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    // Every access token expires before its second use, or shortly after.
    w.sandbox().set(json!({"bearer_lifetime_seconds": 1})).await;
    w.apply(&ada_with_token(END)).await;
    w.destroy().await;
}

async fn last_admin_removal_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let admin = w.sandbox().users().await.remove(0);
    let id = admin["id"].as_str().unwrap().to_owned();
    let email = admin["email"].as_str().unwrap().to_owned();
    w.import(&resource("user", "ada", &format!("email = \"{email}\"")), USER, &id).await;
    let refusal = w.apply_err("").await;
    assert!(refusal.contains("last admin"), "{refusal}");
    assert!(w.has(USER), "who could not be removed is still managed");
    assert!(w.sandbox().user(&email).await.is_some());
    w.command(&["state", "rm", USER]).await;
    w.destroy().await;
}
