//! Writes whose answer is lost: users and seats.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Outcome, Session, errors};

const USER: &str = "anaconda_user";
const SEAT: &str = "anaconda_seat";

/// A plugin behind a gate, that tries a request again so often.
pub(crate) async fn behind(gate: &FaultProxy, max_retries: u32) -> Session {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut config = provider_block(&gate.url());
    config["max_retries"] = max_retries.into();
    assert_eq!(session.configure(&config).await, []);
    session
}

/// An attempt to create, which may fail.
pub(crate) async fn try_to_create(session: &Session, name: &str, given: &Value) -> Outcome {
    let plan = session.plan(name, &Value::Null, given).await.unwrap();
    session.apply(name, &Value::Null, &plan.state, given).await
}

/// How many requests have this beginning and this end.
pub(crate) fn count(gate: &FaultProxy, begin: &str, end: &str) -> usize {
    gate.requests().iter().filter(|line| line.starts_with(begin) && line.ends_with(end)).count()
}

fn jupyter() -> Value {
    json!({"first_name": "Jupyter", "last_name": "Hub"})
}

/// The members of the organization.
async fn members(organization: &Organization) -> Vec<Value> {
    let state = organization.call("GET", "state", Value::Null).await;
    state["users"].as_array().unwrap().clone()
}

/// The managed users of these names.
async fn managed(organization: &Organization) -> Vec<Value> {
    let same = |user: &Value| user["first_name"] == "Jupyter" && user["last_name"] == "Hub";
    members(organization).await.into_iter().filter(same).collect()
}

#[tokio::test]
async fn a_person_whose_answer_was_lost_is_found_by_address() {
    for fate in [Fault::LoseAnswer, Fault::Garble] {
        let organization = Organization::start().await;
        let gate = FaultProxy::start(&organization.url()).await;
        gate.inject("POST *users", [fate]);
        let session = behind(&gate, 1).await;
        let given = json!({"email": "Ada@example.com"});
        let state = try_to_create(&session, USER, &given).await.ok();
        let ada = organization.user("ada@example.com").await.unwrap();
        assert_eq!(state["id"], ada["id"]);
        assert_eq!(count(&gate, "POST", "/users"), 1);
        session.delete(USER, &state).await.ok();
        assert_eq!(organization.user("ada@example.com").await, None);
    }
}

#[tokio::test]
async fn a_user_who_is_surely_not_there_is_sent_again() {
    for fate in [Fault::Answer(500, ""), Fault::Answer(502, ""), Fault::LoseRequest] {
        let organization = Organization::start().await;
        let gate = FaultProxy::start(&organization.url()).await;
        gate.inject("POST *users", [fate.clone(), Fault::Pass, fate, Fault::Pass]);
        let session = behind(&gate, 1).await;
        let person = try_to_create(&session, USER, &json!({"email": "ada@example.com"})).await.ok();
        let program = try_to_create(&session, USER, &jupyter()).await.ok();
        let found = managed(&organization).await;
        assert_eq!((found.len(), &found[0]["id"]), (1, &program["id"]));
        assert_eq!(organization.user("ada@example.com").await.unwrap()["id"], person["id"]);
    }
}

#[tokio::test]
async fn a_user_who_fails_each_time_ends_in_an_error_and_leaves_nothing() {
    let organization = Organization::start().await;
    let before = members(&organization).await.len();
    let gate = FaultProxy::start(&organization.url()).await;
    gate.inject("POST *users", [Fault::Answer(500, "")]);
    let session = behind(&gate, 1).await;
    for given in [json!({"email": "ada@example.com"}), jupyter()] {
        let outcome = try_to_create(&session, USER, &given).await;
        assert!(errors(&outcome.diagnostics)[0].detail.contains("spoiled by the gate"));
        assert_eq!(outcome.state, Value::Null);
    }
    assert_eq!(count(&gate, "POST", "/users"), 4);
    assert_eq!(members(&organization).await.len(), before);
}

#[tokio::test]
async fn a_managed_user_whose_answer_was_lost_is_found_by_its_names() {
    let organization = Organization::start().await;
    let gate = FaultProxy::start(&organization.url()).await;
    let session = behind(&gate, 1).await;
    let first = session.create(USER, &jupyter()).await;
    gate.inject("POST *users", [Fault::LoseAnswer]);
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
async fn creates_of_the_same_names_never_take_the_same_user() {
    let organization = Organization::start().await;
    let gate = FaultProxy::start(&organization.url()).await;
    gate.inject(
        "POST *users",
        [Fault::LoseAnswer, Fault::Pass, Fault::LoseAnswer, Fault::LoseAnswer],
    );
    let session = behind(&gate, 1).await;
    let given = jupyter();
    let create = || try_to_create(&session, USER, &given);
    let (a, b, c, d) = tokio::join!(create(), create(), create(), create());
    let mut ids: Vec<_> = [a, b, c, d].map(|it| it.ok()["id"].as_str().unwrap().to_owned()).into();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), managed(&organization).await.len()), (4, 4));
}

#[tokio::test]
async fn several_managed_users_that_appeared_are_named_and_left_alone() {
    let organization = Organization::start().await;
    let mut gate = FaultProxy::start(&organization.url()).await;
    gate.inject("POST *users", [Fault::LoseAnswer]);
    // It looks before it sends, and when its answer is lost.
    gate.inject("GET *users", [Fault::Pass, Fault::Hold]);
    let session = behind(&gate, 0).await;
    let plan = session.plan(USER, &Value::Null, &jupyter()).await.unwrap();
    let elsewhere = Session::with(&organization).await;
    let given = jupyter();
    let (outcome, other) =
        tokio::join!(session.apply(USER, &Value::Null, &plan.state, &given), async {
            gate.wait_for_count("GET *users", 2).await;
            let made = try_to_create(&elsewhere, USER, &given).await.ok();
            gate.release();
            made
        });
    let told = errors(&outcome.diagnostics)[0].clone();
    assert_eq!(outcome.state, Value::Null);
    let found = managed(&organization).await;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|it| told.detail.contains(it["id"].as_str().unwrap())), "{told:?}");
    assert!(found.iter().any(|it| it["id"] == other["id"]));
}

#[tokio::test]
async fn a_user_that_nobody_can_look_for_is_an_error_that_says_so() {
    let organization = Organization::start().await;
    let gate = FaultProxy::start(&organization.url()).await;
    gate.inject("POST *users", [Fault::LoseAnswer]);
    for given in [json!({"email": "ada@example.com"}), jupyter()] {
        gate.inject("GET *users", [Fault::Pass, Fault::Answer(500, "")]);
        let outcome = try_to_create(&behind(&gate, 0).await, USER, &given).await;
        let told = errors(&outcome.diagnostics)[0].clone();
        assert!(
            told.summary.contains("outcome unknown") && told.detail.contains("mport"),
            "{told:?}"
        );
        assert!(told.detail.contains("spoiled by the gate"), "{told:?}");
    }
}

#[tokio::test]
async fn a_managed_user_that_may_be_left_over_is_named() {
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
async fn a_seat_whose_answer_was_lost_is_seen_in_the_listing() {
    for fate in [Fault::LoseAnswer, Fault::Answer(504, ""), Fault::Answer(500, "")] {
        let organization = Organization::start().await;
        let grace = organization.add_user("grace@example.com").await;
        let gate = FaultProxy::start(&organization.url()).await;
        let lost = matches!(fate, Fault::LoseAnswer);
        gate.inject("POST *seats", [fate, Fault::Pass]);
        let session = behind(&gate, 1).await;
        let outcome = try_to_create(&session, SEAT, &json!({"user_id": grace})).await;
        assert!(outcome.diagnostics.is_empty(), "{:?}", outcome.diagnostics);
        assert_eq!(count(&gate, "POST", "/seats"), if lost { 1 } else { 2 });
        let seats = &organization.user("grace@example.com").await.unwrap();
        assert!(seats.to_string().contains("seat"), "{seats}");
        assert_ne!(session.read(SEAT, &outcome.state).await.ok(), Value::Null);
    }
}

#[tokio::test]
async fn a_seat_that_nobody_can_look_for_is_an_error_that_says_so() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let gate = FaultProxy::start(&organization.url()).await;
    gate.inject("POST *seats", [Fault::LoseAnswer]);
    gate.inject("GET *users", [Fault::Answer(500, "")]);
    let outcome = try_to_create(&behind(&gate, 0).await, SEAT, &json!({"user_id": grace})).await;
    let told = errors(&outcome.diagnostics)[0].clone();
    assert!(told.detail.contains("Apply again"), "{told:?}");
    // And that is true.
    gate.clear_faults();
    let again = try_to_create(&behind(&gate, 0).await, SEAT, &json!({"user_id": grace})).await;
    assert_eq!(again.ok()["id"], json!(grace));
}
