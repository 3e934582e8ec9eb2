//! Two runs at once that want the same: one of them gets no answer, and must not take its own loss
//! for the other's gain. Nothing that the other has made is removed.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::session::{Outcome, Session, errors};

/// A run that gives up on a request after a second.
async fn impatient(organization: &Organization) -> Session {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut config = provider_block(&organization.url());
    config["request_timeout_seconds"] = 1.into();
    config["max_retries"] = 1.into();
    assert_eq!(session.configure(&config).await, []);
    session
}

/// One run's request for `name` gets no answer; meanwhile another run makes the same, undisturbed.
/// What the first has in the end, and the state of the second.
async fn at_once(
    organization: &Organization,
    name: &str,
    config: &Value,
    operation: &str,
    carried_out: bool,
) -> (Outcome, Value) {
    let (one, other) = (impatient(organization).await, Session::with(organization).await);
    let plan = one.plan(name, &Value::Null, config).await.unwrap();
    let fault = json!({"kind": "hang", "carried_out": carried_out});
    let rule = json!({"operation": operation, "fault": fault});
    organization.call("POST", "faults", rule).await;
    tokio::join!(one.apply(name, &Value::Null, &plan.state, config), async {
        organization.until_struck().await;
        let plan = other.plan(name, &Value::Null, config).await.unwrap();
        other.apply(name, &Value::Null, &plan.state, config).await.ok()
    })
}

#[tokio::test]
async fn a_service_account_of_the_other_run_is_not_deleted() {
    let organization = Organization::start().await;
    let config = json!({"name": "ci"});
    let name = "anaconda_service_account";
    let (outcome, other) =
        at_once(&organization, name, &config, "create_service_account", false).await;
    assert!(organization.lets_in(&other).await, "the other run's account is gone");
    // It may as well be our own, so it is kept, for a plan that a person sees.
    assert_eq!(outcome.state["client_id"], other["client_id"]);
    assert_eq!(outcome.state["client_secret"], Value::Null);
    let [error] = errors(&outcome.diagnostics)[..] else { panic!("{outcome:?}") };
    assert!(error.detail.contains("terraform state rm"), "{error:?}");
}

#[tokio::test]
async fn a_token_of_the_other_run_is_not_revoked() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let config = json!({"user_id": grace, "expires_at": "2090-01-31T00:00:00Z"});
    let (outcome, other) =
        at_once(&organization, "anaconda_token", &config, "create_token", false).await;
    let user = organization.user("grace@example.com").await.unwrap();
    let tokens = user["tokens"].as_array().unwrap();
    assert!(tokens.iter().any(|it| it["id"] == other["id"] && it["live"] == true), "{user}");
    assert_eq!((&outcome.state["id"], &outcome.state["token"]), (&other["id"], &Value::Null));
    assert_eq!(errors(&outcome.diagnostics).len(), 1, "{outcome:?}");
}

#[tokio::test]
async fn of_two_new_managed_users_none_is_taken_and_none_removed() {
    let organization = Organization::start().await;
    let config = json!({"first_name": "Jupyter", "last_name": "Server-1"});
    let (outcome, other) = at_once(&organization, "anaconda_user", &config, "add_user", true).await;
    assert_eq!(outcome.state, Value::Null);
    let [error] = errors(&outcome.diagnostics)[..] else { panic!("{outcome:?}") };
    assert!(error.detail.contains(other["id"].as_str().unwrap()), "{error:?}");
    assert!(error.detail.contains("import"), "{error:?}");
    let state = organization.call("GET", "state", Value::Null).await;
    let managed = state["users"].as_array().unwrap().iter().filter(|it| it["managed"] == true);
    assert_eq!(managed.count(), 2);
}

#[tokio::test]
async fn a_person_whom_the_other_run_added_is_there_once() {
    let organization = Organization::start().await;
    let config = json!({"email": "ada@example.com"});
    let (outcome, other) =
        at_once(&organization, "anaconda_user", &config, "add_user", false).await;
    assert_eq!(outcome.ok()["id"], other["id"]);
    let state = organization.call("GET", "state", Value::Null).await;
    let ada =
        state["users"].as_array().unwrap().iter().filter(|it| it["email"] == "ada@example.com");
    assert_eq!(ada.count(), 1);
}
