//! Visibility of secrets.
//!
//! The harness searches the output and the log of every command for secrets. These tests cover
//! special cases.

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::TestEnv;
use crate::hcl::{ADA, END, TOKEN, ada_with_token, provider, resource};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        secret_attributes_are_marked_sensitive,
        secrets_in_provider_block_are_hidden,
    ],
}

async fn secret_attributes_are_marked_sensitive(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let account = resource("service_account", "ci", "name = \"ci\"");
    let team = [ada_with_token(END), account].concat();
    for secret in ["anaconda_token.ada.token", "anaconda_service_account.ci.client_secret"] {
        let careless = format!("output \"careless\" {{\n  value = {secret}\n}}\n");
        let refusal = w.plan_err(&[&team, careless.as_str()].concat()).await;
        assert!(refusal.contains("sensitive"), "{secret}: {refusal}");
    }
    let careful =
        "output \"careful\" {\n  value = anaconda_token.ada.token\n  sensitive = true\n}\n";
    w.apply(&[&team, careful].concat()).await;
    assert_eq!(w.output("careful").await, w.text(TOKEN, "token"));
    let shown = w.command(&["show"]).await;
    assert!(shown.matches("(sensitive value)").count() >= 2, "{shown}");
    w.destroy().await;
}

async fn secrets_in_provider_block_are_hidden(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_env("ANACONDA_CLIENT_SECRET", "mistyped-and-still-secret");
    let block = provider("access_token = \"made-elsewhere-and-secret\"\nclient_id = \"some-id\"");
    let refusal = w.apply_err(&[ADA, &block].concat()).await;
    for secret in ["mistyped-and-still-secret", "made-elsewhere-and-secret"] {
        assert!(!refusal.contains(secret), "{refusal}");
    }
    w.destroy().await;
}
