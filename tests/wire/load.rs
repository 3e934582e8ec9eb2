//! Many concurrent calls, and large messages.

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::session::Session;
use crate::terraform::{example, resource_names};

#[tokio::test]
async fn plugin_plans_200_resources_concurrently() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let names = resource_names().await;
    let plans = (0..200).map(|n| {
        let (session, name) = (&session, names[n % names.len()]);
        // Each call has another object, because the provider rejects a plan that adds an object
        // twice.
        let user = uuid::Uuid::new_v4().to_string();
        let mut given = example(name, &user);
        for (argument, value) in [
            ("email", json!(format!("user-{n}@example.com"))),
            ("emails", json!([format!("user-{n}@example.com")])),
            ("name", json!(format!("account-{n}"))),
        ] {
            if given.get(argument).is_some() {
                given[argument] = value;
            }
        }
        async move { session.plan(name, &Value::Null, &given).await.unwrap() }
    });
    let mut all = Vec::new();
    let mut running: Vec<_> = plans.map(Box::pin).collect();
    std::future::poll_fn(|cx| {
        running.retain_mut(|plan| match plan.as_mut().poll(cx) {
            std::task::Poll::Ready(plan) => {
                all.push(plan);
                false
            }
            std::task::Poll::Pending => true,
        });
        if running.is_empty() { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    assert_eq!(all.len(), 200);
}

#[tokio::test]
async fn value_of_8_mebibytes_round_trips_unchanged() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let config = json!({"name": "ci", "keepers": {"large": "ä".repeat(4 << 20)}});
    let plan = session.plan("anaconda_service_account", &Value::Null, &config).await.unwrap();
    assert!(plan.bytes.len() > 8 << 20);
    let many: serde_json::Map<_, _> =
        (0..70_000).map(|n| (format!("k{n:05}"), json!(n.to_string()))).collect();
    let config = json!({"name": "ci-2", "keepers": many});
    session.plan("anaconda_service_account", &Value::Null, &config).await.unwrap();
}
