//! Servers in front of the API: Cloudflare, and others that reject an access token in a form of
//! their own.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors};
use crate::terraform::{absent_user_id, example};

const RAY: &str = "cf-ray: 8f2a1c-FRA\r\nx-request-id: 7d1f-44\r\n";

async fn with_retries(proxy: &FaultProxy, max_retries: u32) -> Session {
    let launch = Launch::by_terraform().env("TF_LOG", "DEBUG");
    let session = Session::unconfigured(launch).await;
    let mut config = provider_block(&proxy.url());
    config["max_retries"] = max_retries.into();
    assert_eq!(session.configure(&config).await, []);
    session
}

#[tokio::test]
async fn cloudflare_errors_are_retried_and_posts_reconciled() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = with_retries(&proxy, 1).await;
    for status in [500, 520, 522, 524, 530] {
        proxy.inject("GET *", [Fault::Answer(status, RAY), Fault::Pass]);
        if status != 500 {
            proxy.inject("DELETE *", [Fault::Answer(status, RAY), Fault::Pass]);
        }
        proxy.inject("POST *users", [Fault::Answer(status, RAY), Fault::Pass]);
        let state =
            session.create("anaconda_user", &example("anaconda_user", absent_user_id())).await;
        session.delete("anaconda_user", &state).await.ok();
        proxy.clear_faults();
    }
    assert!(organization.user("ada@example.com").await.is_none());
}

#[tokio::test]
async fn error_quotes_request_ids_for_support() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let mut session = with_retries(&proxy, 0).await;
    let state = session.create("anaconda_user", &example("anaconda_user", absent_user_id())).await;
    proxy.inject("DELETE *", [Fault::Answer(522, RAY)]);
    let read = session.delete("anaconda_user", &state).await;
    let told = errors(&read.diagnostics);
    let quote = "[quote to Anaconda support: cf-ray 8f2a1c-FRA, x-request-id 7d1f-44]";
    assert!(told.iter().any(|told| told.detail.contains(quote)), "{told:?}");
    session.plugin.stderr_until(|text| text.contains("8f2a1c")).await;
    let log = session.plugin.log();
    let line = log.iter().find(|line| line["status"] == 522).expect("no log line");
    assert_eq!(line["cf_ray"], "8f2a1c-FRA");
    assert_eq!(line["x_request_id"], "7d1f-44");
}

#[tokio::test]
async fn configured_timeout_outlasts_retry_count() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = with_retries(&proxy, 0).await;
    let busy =
        || [Fault::Answer(503, "retry-after: 0\r\n"), Fault::Answer(429, "retry-after: 0\r\n")];
    let mut config = example("anaconda_user", absent_user_id());
    config["timeouts"] = json!({"create": "1m", "delete": "1m"});
    proxy.inject("POST *users", busy().into_iter().chain(busy()).chain([Fault::Pass]));
    let state = session.create("anaconda_user", &config).await;
    proxy.inject("DELETE *", busy().into_iter().chain(busy()).chain([Fault::Pass]));
    session.delete("anaconda_user", &state).await.ok();
    proxy.clear_faults();

    proxy.inject("POST *users", busy());
    let plan = session.plan("anaconda_user", &Value::Null, &config).await.unwrap();
    config["timeouts"] = Value::Null;
    let mut planned = plan.state;
    planned["timeouts"] = Value::Null;
    let refused = session.apply("anaconda_user", &Value::Null, &planned, &config).await;
    assert_eq!(errors(&refused.diagnostics).len(), 1, "without it, the number of tries counts");
}

#[tokio::test]
async fn access_token_rejected_with_403_is_renewed_once() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = with_retries(&proxy, 0).await;
    for refusal in [
        r#"{"error": {"code": "auth_required"}}"#,
        r#"{"error": {"code": "auth_required", "message": "Please sign in."}}"#,
        r#"{"detail": "Not authenticated"}"#,
    ] {
        proxy.inject("POST *users", [Fault::Replace(403, refusal), Fault::Pass]);
        let state =
            session.create("anaconda_user", &example("anaconda_user", absent_user_id())).await;
        proxy.clear_faults();
        session.delete("anaconda_user", &state).await.ok();
    }
    let signed_in =
        |proxy: &FaultProxy| proxy.requests().iter().filter(|it| it.ends_with("iam/token")).count();
    let state = session.create("anaconda_user", &example("anaconda_user", absent_user_id())).await;
    let before = signed_in(&proxy);
    let forbidden = r#"{"error": {"code": "forbidden", "message": "Not for you"}}"#;
    proxy.inject("DELETE *", [Fault::Replace(403, forbidden)]);
    let refused = session.delete("anaconda_user", &state).await;
    assert!(refused.diagnostics[0].detail.contains("Not for you"), "{refused:?}");
    assert_eq!(signed_in(&proxy), before + 1, "the run of the removal signs in once");
}
