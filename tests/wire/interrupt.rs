//! Ctrl-C while an apply waits for the API.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::timeout;

use crate::admin::Organization;
use crate::proto::tfplugin5::stop;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors};
use crate::terraform::{absent_user_id, example};

/// Response with the wait time that the API requests.
const LONG: Fault = Fault::Answer(429, "retry-after: 50\r\n");

/// Waits for an operation that must not wait for the API. The time limit is long, because the
/// machine might be busy.
async fn in_time<T>(work: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(20), work).await.expect("the stop ended no wait")
}

#[tokio::test]
async fn stop_call_returns_immediately_and_ends_wait() {
    let organization = Organization::start().await;
    let mut proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST *users", [LONG]);
    let session = Session::at(&proxy.url()).await;
    let config = example("anaconda_user", absent_user_id());
    let plan = session.plan("anaconda_user", &Value::Null, &config).await.unwrap();
    let mut client = session.client.clone();
    let (outcome, ()) = tokio::join!(
        in_time(session.apply("anaconda_user", &Value::Null, &plan.state, &config)),
        async {
            proxy.wait_for("POST *users").await;
            let asked = Instant::now();
            let answer = client.stop(stop::Request {}).await.unwrap().into_inner();
            assert_eq!(answer.error, "");
            assert!(asked.elapsed() < Duration::from_millis(100), "{:?}", asked.elapsed());
        }
    );
    assert_eq!(errors(&outcome.diagnostics).len(), 1);
    assert!(outcome.diagnostics[0].summary.contains("Operation canceled"), "{outcome:?}");
    assert_eq!(outcome.state, Value::Null, "nothing was made");

    // The same process continues: Terraform still completes the started operations.
    proxy.clear_faults();
    let state = session.apply("anaconda_user", &Value::Null, &plan.state, &config).await.ok();
    assert_eq!(organization.user("ada@example.com").await.unwrap()["id"], state["id"]);
}

#[tokio::test]
async fn stop_during_read_or_delete_keeps_state() {
    let organization = Organization::start().await;
    let mut proxy = FaultProxy::start(&organization.url()).await;
    let state = Session::with(&organization)
        .await
        .create("anaconda_user", &example("anaconda_user", absent_user_id()))
        .await;
    proxy.inject("GET *", [LONG]);
    let session = Session::at(&proxy.url()).await;
    let mut client = session.client.clone();
    let (read, removed, ()) = tokio::join!(
        in_time(session.read("anaconda_user", &state)),
        in_time(session.delete("anaconda_user", &state)),
        async {
            proxy.wait_for("GET *users").await;
            proxy.wait_for("GET *tokens").await;
            client.stop(stop::Request {}).await.unwrap();
        }
    );
    assert_eq!(errors(&read.diagnostics).len(), 1, "{read:?}");
    assert_eq!((errors(&removed.diagnostics).len(), &removed.state), (1, &state));
}

#[tokio::test]
async fn stop_without_running_calls_has_no_effect() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for _ in 0..3 {
        session.client.clone().stop(stop::Request {}).await.unwrap();
    }
    session.create("anaconda_user", &json!({"first_name": "Jupyter"})).await;
}
