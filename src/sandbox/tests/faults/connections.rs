//! Faults of the connection.

use std::io;
use std::time::{Duration, Instant};

use reqwest::Client;
use serde_json::{Value, json};
use tokio::net::TcpStream;

use super::Bench;
use super::raw::Raw;

/// Whether an error says that the connection was reset.
fn is_reset(error: &reqwest::Error) -> bool {
    let mut source: Option<&dyn std::error::Error> = Some(error);
    while let Some(error) = source {
        let io = error.downcast_ref::<io::Error>();
        if io.is_some_and(|error| error.kind() == io::ErrorKind::ConnectionReset) {
            return true;
        }
        source = error.source();
    }
    false
}

#[tokio::test]
async fn reset_before_does_not_process_request() {
    let bench = Bench::new().await;
    bench.rule(json!({"operation": "add_user", "fault": {"kind": "reset_before"}})).await;
    let heard = Raw::ask(&bench, &bench.adding("ada@x.org")).await;
    assert!(heard.is_reset() && heard.text.is_empty(), "{:?}", heard.end);
    assert_eq!(bench.added().await, 0);
    assert_eq!(bench.newest().await, (Value::Null, json!("reset_before")));
}

#[tokio::test]
async fn reset_after_processes_request_first() {
    let bench = Bench::new().await;
    bench.rule(json!({"operation": "add_user", "fault": {"kind": "reset_after"}})).await;
    let heard = Raw::ask(&bench, &bench.adding("ada@x.org")).await;
    assert!(heard.is_reset() && heard.text.is_empty(), "{:?}", heard.end);
    assert_eq!(bench.added().await, 1);
    assert_eq!(bench.newest().await, (Value::Null, json!("reset_after")));
}

#[tokio::test]
async fn reset_also_closes_http_2_connections() {
    for (kind, added) in [("reset_before", 0), ("reset_after", 1)] {
        let bench = Bench::new().await;
        bench.rule(json!({"operation": "add_user", "fault": {"kind": kind}})).await;
        let http = Client::builder().http2_prior_knowledge().no_proxy().build().unwrap();
        let url = format!("{}/api/v1/organizations/sandbox/users", bench.sandbox.url());
        let request = http.post(url).bearer_auth(&bench.account).body(r#"{"email":"ada@x.org"}"#);
        let request = request.header("content-type", "application/json");
        let error = request.send().await.unwrap_err();
        assert!(is_reset(&error), "{kind}: {error:?}");
        assert_eq!(bench.added().await, added, "{kind}");
    }
}

#[tokio::test]
async fn refused_connections_resume_on_same_port() {
    let bench = Bench::new().await;
    let mut idle = Raw::to(&bench).await;
    let fault = json!({"kind": "refuse", "seconds": 0.4});
    bench.rule(json!({"operation": "add_user", "fault": fault})).await;
    let start = Instant::now();
    let heard = Raw::ask(&bench, &bench.adding("ada@x.org")).await;
    assert!(heard.text.is_empty());
    assert!(idle.hear().await.text.is_empty(), "kept connections end too");
    let address = bench.sandbox.url();
    let address = address.strip_prefix("http://").unwrap();
    let mut refused = 0;
    while let Err(error) = TcpStream::connect(address).await {
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
        refused += 1;
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert!(refused > 0 && start.elapsed() >= Duration::from_millis(400), "{refused}");
    assert_eq!(bench.added().await, 0);
    assert_eq!(bench.counts().await, [(1, 1)]);
    bench.user("ada@x.org").await;
}

#[tokio::test]
async fn hanging_request_completes_when_rule_is_removed() {
    for (carried_out, added) in [(false, 0), (true, 1)] {
        let bench = Bench::new().await;
        let fault = json!({"kind": "hang", "carried_out": carried_out});
        let rule = bench.rule(json!({"operation": "add_user", "fault": fault})).await;
        let hanging = bench.api("POST", "users", json!({"email": "ada@x.org"}));
        let letting_go = async {
            while bench.counts().await != [(1, 1)] {
                tokio::task::yield_now().await;
            }
            assert_eq!(bench.newest().await, (Value::Null, json!("hang")));
            assert_eq!(bench.added().await, added);
            bench.own("DELETE", &format!("faults/{rule}"), Value::Null).await
        };
        let (answer, removed) = tokio::join!(hanging, letting_go);
        assert_eq!((answer.status, removed.status), (200, 200));
        assert_eq!(bench.added().await, 1);
        assert_eq!(bench.newest().await, (json!(200), json!("hang")));
    }
}

#[tokio::test]
async fn hanging_request_is_not_processed_after_client_disconnects() {
    let bench = Bench::new().await;
    bench.rule(json!({"operation": "add_user", "fault": {"kind": "hang"}})).await;
    let mut raw = Raw::to(&bench).await;
    raw.send(&bench.adding("ada@x.org")).await;
    while bench.counts().await != [(1, 1)] {
        tokio::task::yield_now().await;
    }
    drop(raw);
    // Let go only after the sandbox has had time to see that nobody waits.
    tokio::time::sleep(Duration::from_millis(200)).await;
    bench.own("DELETE", "faults", Value::Null).await;
    assert_eq!(bench.added().await, 0);
}

#[tokio::test]
async fn shutdown_does_not_wait_for_hanging_requests() {
    let bench = Bench::new().await;
    bench.rule(json!({"fault": {"kind": "hang"}})).await;
    let mut raw = Raw::to(&bench).await;
    raw.send(&bench.adding("ada@x.org")).await;
    while bench.counts().await != [(1, 1)] {
        tokio::task::yield_now().await;
    }
    let stopping = tokio::time::timeout(Duration::from_secs(15), bench.sandbox.stop());
    stopping.await.expect("it does not stop");
    assert!(raw.hear().await.text.is_empty());
}
