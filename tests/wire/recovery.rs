//! Creates of users and seats with an unknown outcome. These tests cover what the fault matrix
//! cannot see: users with the same names, and the text of the errors.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Outcome, Session, errors};

const USER: &str = "anaconda_user";
const SEAT: &str = "anaconda_seat";

/// Returns a session behind a proxy, with this number of retries.
pub(crate) async fn behind(proxy: &FaultProxy, max_retries: u32) -> Session {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut config = provider_block(&proxy.url());
    config["max_retries"] = max_retries.into();
    assert_eq!(session.configure(&config).await, []);
    session
}

/// Plans and applies a new object. The apply can fail.
pub(crate) async fn try_to_create(session: &Session, name: &str, given: &Value) -> Outcome {
    let plan = session.plan(name, &Value::Null, given).await.unwrap();
    session.apply(name, &Value::Null, &plan.state, given).await
}

/// Returns the number of requests whose line has this beginning and this end.
pub(crate) fn count(proxy: &FaultProxy, begin: &str, end: &str) -> usize {
    proxy.requests().iter().filter(|line| line.starts_with(begin) && line.ends_with(end)).count()
}

fn jupyter() -> Value {
    json!({"first_name": "Jupyter", "last_name": "Hub"})
}

/// Returns the members of the organization.
async fn members(organization: &Organization) -> Vec<Value> {
    let state = organization.call("GET", "state", Value::Null).await;
    state["users"].as_array().unwrap().clone()
}

/// Returns the managed users with these names.
async fn managed(organization: &Organization) -> Vec<Value> {
    let same = |user: &Value| user["first_name"] == "Jupyter" && user["last_name"] == "Hub";
    members(organization).await.into_iter().filter(same).collect()
}

#[tokio::test]
async fn user_and_seat_with_lost_response_succeed_in_same_apply() {
    for (fault, posts) in [(Fault::LoseAnswer, 1), (Fault::Answer(500, ""), 2)] {
        let organization = Organization::start().await;
        let proxy = FaultProxy::start(&organization.url()).await;
        let session = behind(&proxy, 1).await;
        proxy.inject("POST *users", [fault.clone(), Fault::Pass]);
        let user = try_to_create(&session, USER, &json!({"email": "Ada@example.com"})).await.ok();
        let ada = organization.user("ada@example.com").await.unwrap();
        assert_eq!((&user["id"], count(&proxy, "POST", "/users")), (&ada["id"], posts));
        proxy.inject("POST *seats", [fault, Fault::Pass]);
        let seat = try_to_create(&session, SEAT, &json!({"user_id": ada["id"]})).await;
        assert!(seat.diagnostics.is_empty(), "{:?}", seat.diagnostics);
        assert_eq!(count(&proxy, "POST", "/seats"), posts);
        assert_ne!(session.read(SEAT, &seat.state).await.ok(), Value::Null);
    }
}

#[tokio::test]
async fn managed_user_with_lost_response_is_found_by_name() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = behind(&proxy, 1).await;
    let first = session.create(USER, &jupyter()).await;
    proxy.inject("POST *users", [Fault::LoseAnswer]);
    let second = try_to_create(&session, USER, &jupyter()).await;
    let told = &second.diagnostics[0];
    let second = second.state.clone();
    assert_ne!(first["id"], second["id"]);
    assert!(told.detail.contains(second["id"].as_str().unwrap()), "{told:?}");
    let mut found: Vec<_> =
        managed(&organization).await.iter().map(|it| it["id"].clone()).collect();
    let mut ours = vec![first["id"].clone(), second["id"].clone()];
    found.sort_by_key(Value::to_string);
    ours.sort_by_key(Value::to_string);
    assert_eq!(found, ours);
}

#[tokio::test]
async fn concurrent_creates_never_adopt_same_managed_user() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject(
        "POST *users",
        [Fault::LoseAnswer, Fault::Pass, Fault::LoseAnswer, Fault::LoseAnswer],
    );
    let session = behind(&proxy, 1).await;
    let given = jupyter();
    let create = || try_to_create(&session, USER, &given);
    let (a, b, c, d) = tokio::join!(create(), create(), create(), create());
    let mut ids: Vec<_> = [a, b, c, d].map(|it| it.ok()["id"].as_str().unwrap().to_owned()).into();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), managed(&organization).await.len()), (4, 4));
}

#[tokio::test]
async fn unlistable_user_with_lost_response_is_error() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST *users", [Fault::LoseAnswer]);
    for given in [json!({"email": "ada@example.com"}), jupyter()] {
        proxy.inject("GET *users", [Fault::Pass, Fault::Answer(500, "")]);
        let outcome = try_to_create(&behind(&proxy, 0).await, USER, &given).await;
        let told = errors(&outcome.diagnostics)[0].clone();
        assert!(
            told.summary.contains("outcome unknown") && told.detail.contains("mport"),
            "{told:?}"
        );
        assert!(told.detail.contains("injected by the proxy"), "{told:?}");
    }
}

#[tokio::test]
async fn leftover_managed_user_is_named_in_warning() {
    let organization = Organization::start().await;
    let left = Session::with(&organization).await.create(USER, &jupyter()).await;
    let session = Session::with(&organization).await;
    let outcome = try_to_create(&session, USER, &jupyter()).await;
    let told = outcome.diagnostics[0].clone();
    assert!(told.detail.contains(left["id"].as_str().unwrap()), "{told:?}");
    assert_eq!(outcome.diagnostics.len(), 1);
    let next = try_to_create(&session, USER, &jupyter()).await;
    let own = outcome.ok();
    assert!(!next.diagnostics[0].detail.contains(own["id"].as_str().unwrap()), "it is our own");
}

#[tokio::test]
async fn unlistable_seat_with_lost_response_is_error() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST *seats", [Fault::LoseAnswer]);
    proxy.inject("GET *users", [Fault::Answer(500, "")]);
    let outcome = try_to_create(&behind(&proxy, 0).await, SEAT, &json!({"user_id": grace})).await;
    let told = errors(&outcome.diagnostics)[0].clone();
    assert!(told.detail.contains("Apply again"), "{told:?}");
    // Check that the message is correct.
    proxy.clear_faults();
    let again = try_to_create(&behind(&proxy, 0).await, SEAT, &json!({"user_id": grace})).await;
    assert_eq!(again.ok()["id"], json!(grace));
}
