//! If the organization does not exist or is not the one in the state, the provider never treats its
//! objects as deleted.

use serde_json::{Value, json};

use crate::actions::invoke;
use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proto::tfplugin5::Diagnostic;
use crate::session::{Session, errors};
use crate::terraform::{example, resource_names};

/// Returns a session for an organization with this ID.
async fn of(organization: &Organization, name: &str) -> Session {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut block = provider_block(&organization.url());
    block["organization_id"] = json!(name);
    assert_eq!(session.configure(&block).await, []);
    session
}

fn private(scope: &str) -> Vec<u8> {
    json!({"written": 1, "scope": scope}).to_string().into_bytes()
}

#[track_caller]
fn names_both(diagnostics: &[Diagnostic]) {
    let [error] = errors(diagnostics)[..] else { panic!("{diagnostics:?}") };
    assert_eq!(error.summary, "Organization ID mismatch");
    assert!(error.detail.contains("\"sandbox\"") && error.detail.contains("\"beta\""), "{error:?}");
}

#[tokio::test]
async fn created_and_imported_objects_store_organization() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let given = example(name, &grace);
        let plan = session.plan(name, &Value::Null, &given).await.unwrap();
        let made = session.apply(name, &Value::Null, &plan.state, &given).await;
        let remembered: Value = serde_json::from_slice(&made.private).unwrap();
        assert_eq!(remembered["scope"], "sandbox", "{name}");
        // The private state of version 0.1 contains only the time.
        let mut old = of(&organization, "sandbox").await;
        old.private = b"{\"written\":1}".to_vec();
        let read = old.read(name, &made.state).await;
        let remembered: Value = serde_json::from_slice(&read.private).unwrap();
        assert_eq!(remembered, json!({"written": 1, "scope": "sandbox"}), "{name}");
    }
}

#[tokio::test]
async fn state_of_other_organization_is_never_changed() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    let mut other = of(&organization, "beta").await;
    other.private = private("sandbox");
    for name in resource_names().await {
        let given = example(name, &grace);
        let state = session.create(name, &given).await;
        let before = organization.requests().await.len();
        let read = other.read(name, &state).await;
        names_both(&read.diagnostics);
        names_both(&other.plan(name, &state, &given).await.unwrap_err());
        names_both(&other.plan_delete(name, &state).await);
        let removed = other.delete(name, &state).await;
        names_both(&removed.diagnostics);
        assert_eq!(removed.state, state, "{name}");
        let changed = other.apply(name, &state, &state, &given).await;
        names_both(&changed.diagnostics);
        assert_eq!(changed.state, state, "{name}");
        assert_eq!(organization.requests().await.len(), before, "{name}");
    }
}

#[tokio::test]
async fn unknown_organization_fails_every_call() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    let elsewhere = of(&organization, "sandboxx").await;
    for name in resource_names().await {
        let state = session.create(name, &example(name, &grace)).await;
        let read = elsewhere.read(name, &state).await;
        assert_eq!(errors(&read.diagnostics).len(), 1, "{name}: {read:?}");
        let removed = elsewhere.delete(name, &state).await;
        assert_eq!((errors(&removed.diagnostics).len(), &removed.state), (1, &state), "{name}");
        // The provider revokes a token without a known ID through its user.
        if name == "anaconda_token" {
            let mut state = state;
            state["id"] = state["user_id"].clone();
            let removed = elsewhere.delete(name, &state).await;
            assert_eq!((errors(&removed.diagnostics).len(), &removed.state), (1, &state));
        }
    }
}

#[tokio::test]
async fn action_in_unknown_organization_fails() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let elsewhere = of(&organization, "sandboxx").await;
    for (name, given) in [
        ("anaconda_revoke_user_tokens", json!({"user_id": grace, "confirm": true})),
        ("anaconda_offboard_user", json!({"user_id": grace, "confirm": true})),
        ("anaconda_offboard_user", json!({"email": "grace@example.com", "confirm": true})),
        ("anaconda_renew_token", json!({"user_id": grace})),
        ("anaconda_onboard_users", json!({"emails": ["kim@example.com"]})),
    ] {
        let (_, told) = invoke(&elsewhere, name, &given).await;
        let summaries: Vec<_> = errors(&told).into_iter().map(|it| it.summary.as_str()).collect();
        assert_eq!(summaries, ["Organization not found"], "{name}: {told:?}");
    }
}
