//! The provider block: optional arguments, their precedence, and when they are needed.

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Options, TestEnv};
use crate::hcl::{ADA, USER, provider, resource};

on_clis! {
    each_series: [credentials_created_in_same_run_are_used],
    oldest_and_newest: [
        credentials_are_required_only_for_their_objects,
        configure_call_sends_no_requests,
        argument_takes_precedence_over_environment_variable,
        secret_can_come_from_file,
        missing_organization_error_explains_setup,
        wrong_credentials_error_shows_no_secret,
        credentials_are_not_sent_without_tls,
        wrong_organization_is_not_empty_organization,
    ],
}

fn account() -> String {
    resource("service_account", "ci", "name = \"ci\"")
}

async fn credentials_created_in_same_run_are_used(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.unset_env("ANACONDA_CLIENT_ID");
    w.unset_env("ANACONDA_CLIENT_SECRET");
    let made = "alias = \"made\"\n\
                client_id = anaconda_service_account.ci.client_id\n\
                client_secret = anaconda_service_account.ci.client_secret";
    let ada = resource("user", "ada", "provider = anaconda.made\nemail = \"ada@example.com\"");
    w.apply(&[provider(""), provider(made), account(), ada].concat()).await;
    assert!(w.sandbox().user("ada@example.com").await.is_some());
    w.destroy().await;
}

async fn credentials_are_required_only_for_their_objects(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let options = Options::default();
    w.unset_env("ANACONDA_ADMIN_USERNAME");
    w.unset_env("ANACONDA_ADMIN_PASSWORD");
    w.apply(ADA).await;
    let refusal = w.apply_err(&[ADA, &account()].concat()).await;
    for name in ["admin_username", "ANACONDA_ADMIN_PASSWORD", "anaconda_service_account"] {
        assert!(refusal.contains(name), "{name} is not in: {refusal}");
    }
    w.apply("").await;

    w.set_env("ANACONDA_ADMIN_USERNAME", &options.admin_username);
    w.set_env("ANACONDA_ADMIN_PASSWORD", &options.admin_password);
    w.unset_env("ANACONDA_CLIENT_ID");
    w.unset_env("ANACONDA_CLIENT_SECRET");
    w.apply(&account()).await;
    let refusal = w.apply_err(&[ADA, &account()].concat()).await;
    for name in ["client_id", "ANACONDA_CLIENT_SECRET"] {
        assert!(refusal.contains(name), "{name} is not in: {refusal}");
    }
    w.destroy().await;
}

async fn configure_call_sends_no_requests(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.plan(ADA).await;
    w.plan("").await;
    assert!(w.sandbox().requests().await.is_empty());
    w.destroy().await;
}

async fn argument_takes_precedence_over_environment_variable(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let options = Options::default();
    for variable in ["CLIENT_ID", "CLIENT_SECRET", "ORGANIZATION_ID"] {
        w.set_env(&format!("ANACONDA_{variable}"), "wrong");
    }
    w.set_env("ANACONDA_BASE_URL", "http://127.0.0.1:9");
    let block = provider(&format!(
        "base_url = \"{}\"\norganization_id = \"{}\"\nclient_id = \"{}\"\nclient_secret = \"{}\"",
        w.url(),
        options.organization,
        options.client_id,
        options.client_secret
    ));
    w.apply(&[ADA, &block].concat()).await;
    assert!(w.has(USER));
    w.destroy().await;
}

async fn secret_can_come_from_file(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.write("secret.txt", &format!("{}\n", Options::default().client_secret));
    w.set_env("ANACONDA_CLIENT_SECRET", "file:secret.txt");
    w.apply(ADA).await;
    w.set_env("ANACONDA_CLIENT_SECRET", "file:missing.txt");
    let refusal = w.plan_err(ADA).await;
    assert!(refusal.contains("missing.txt"), "{refusal}");
    w.set_env("ANACONDA_CLIENT_SECRET", "file:secret.txt");
    w.destroy().await;
}

async fn missing_organization_error_explains_setup(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.unset_env("ANACONDA_ORGANIZATION_ID");
    let refusal = w.apply_err(ADA).await;
    for name in ["organization_id", "ANACONDA_ORGANIZATION_ID"] {
        assert!(refusal.contains(name), "{name} is not in: {refusal}");
    }
    w.destroy().await;
}

async fn wrong_credentials_error_shows_no_secret(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_env("ANACONDA_CLIENT_SECRET", "mistyped-and-still-secret");
    let refusal = w.apply_err(ADA).await;
    assert!(refusal.contains("client_secret"), "it says what to look at: {refusal}");
    assert!(!refusal.contains("mistyped-and-still-secret"), "{refusal}");
    let tries = w.sandbox().requests().await.iter().filter(|r| r.path.contains("token")).count();
    assert_eq!(tries, 1, "what is wrong stays wrong: no second try");
    w.destroy().await;
}

async fn credentials_are_not_sent_without_tls(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_env("ANACONDA_BASE_URL", "http://anaconda.example.com");
    let refusal = w.plan_err(ADA).await;
    assert!(refusal.contains("https"), "{refusal}");
    w.destroy().await;
}

async fn wrong_organization_is_not_empty_organization(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    w.set_env("ANACONDA_ORGANIZATION_ID", "another");
    w.plan_err(ADA).await;
    w.set_env("ANACONDA_ORGANIZATION_ID", &Options::default().organization);
    w.assert_settled().await;
    w.destroy().await;
}
