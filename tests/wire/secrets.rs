//! Secrets in the log at its most detailed level.

use serde_json::Value;

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors};
use crate::terraform::{example, resource_names};

#[tokio::test]
async fn secrets_never_appear_on_stderr_or_in_diagnostics() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let launch = Launch::by_terraform()
        .env("TF_LOG", "TRACE")
        .env("TF_LOG_SDK", "TRACE")
        .env("TF_LOG_PROVIDER_ANACONDA", "TRACE");
    let mut session = Session::unconfigured(launch).await;
    let block = provider_block(&proxy.url());
    assert_eq!(session.configure(&block).await, []);
    let mut secrets = vec![block["client_secret"].clone(), block["admin_password"].clone()];
    let mut told = Vec::new();
    for name in resource_names().await {
        let state = session.create(name, &example(name, &grace)).await;
        secrets.extend([state["token"].clone(), state["client_secret"].clone()]);
        session.read(name, &state).await.ok();
        proxy.inject("DELETE *", [Fault::Answer(500, "")]);
        told.extend(session.delete(name, &state).await.diagnostics);
        proxy.clear_faults();
        session.delete(name, &state).await.ok();
    }
    let mut wrong = block;
    wrong["client_secret"] = "a-wrong-but-secret-word".into();
    secrets.push(wrong["client_secret"].clone());
    assert_eq!(session.configure(&wrong).await, []);
    let refused = session.import("anaconda_user", &grace).await.unwrap_err();
    assert_eq!(errors(&refused).len(), 1);
    told.extend(refused);
    // The sandbox returns every secret that ever existed, including access tokens.
    let all = organization.call("GET", "secrets", Value::Null).await;
    secrets.extend(all.as_array().unwrap().iter().cloned());
    secrets.retain(|secret| !secret.is_null());
    assert!(secrets.len() > 6, "{}", secrets.len());

    assert!(session.plugin.shutdown().await.success());
    let written = session.plugin.stderr();
    assert!(written.contains("API request"), "the log says nothing");
    let told = format!("{told:?}");
    for secret in secrets {
        let secret = secret.as_str().unwrap();
        assert!(!written.contains(secret), "{secret} is in the log");
        assert!(!told.contains(secret), "{secret} is in a diagnostic");
    }
}
