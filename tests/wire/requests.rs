//! Exact numbers of API requests, without token requests.
//!
//! No endpoint returns a single user, seat, or token. Without caching, the cost of a run would grow
//! with the square of the organization size.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::admin::Organization;
use crate::session::Session;
use crate::terraform::{block, object};

const USER: &str = "anaconda_user";
const SEAT: &str = "anaconda_seat";
const TOKEN: &str = "anaconda_token";
const END: &str = "2090-01-31T00:00:00Z";

/// Number of objects of each kind in the large tests.
const MANY: usize = 1000;
/// Number of concurrent operations of Terraform.
const PARALLELISM: usize = 10;

#[tokio::test]
async fn refresh_of_1000_users_and_seats_is_one_request() {
    let organization = Organization::start().await;
    let users = members(&organization, MANY, false).await;
    let mut states = Vec::new();
    for (id, email) in &users {
        let user = json!({"id": id, "email": email, "managed": false});
        states.push((USER, state(USER, &user).await));
        states.push((SEAT, state(SEAT, &json!({"id": id, "user_id": id})).await));
    }
    let session = refreshed(&organization, states).await;
    assert_eq!(calls(&organization).await, [("GET users".to_owned(), 1)].into());
    drop(session);
}

#[tokio::test]
async fn refresh_of_1000_tokens_is_one_request_each() {
    let organization = Organization::start().await;
    let users = members(&organization, MANY, true).await;
    let tokens = token_ids(&organization).await;
    let mut states = Vec::new();
    for (id, email) in &users {
        let user = json!({"id": id, "email": email, "managed": false});
        states.push((USER, state(USER, &user).await));
        let token = json!({"id": tokens[id], "user_id": id, "expires_at": END, "revoked": false});
        states.push((TOKEN, state(TOKEN, &token).await));
    }
    let session = refreshed(&organization, states).await;
    let expected = [("GET users".to_owned(), 1), ("GET users/*/tokens".to_owned(), MANY)];
    assert_eq!(calls(&organization).await, expected.into());
    drop(session);
}

#[tokio::test]
async fn new_users_need_one_post_and_shared_list() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for n in 0..20 {
        new_user(&session, n).await;
    }
    let expected = [("GET users".to_owned(), 1), ("POST users".to_owned(), 20)];
    assert_eq!(calls(&organization).await, expected.into());
}

#[tokio::test]
async fn new_seat_needs_one_post() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let user = new_user(&session, 1).await;
    forget(&organization).await;
    session.create(SEAT, &json!({"user_id": user["id"]})).await;
    assert_eq!(calls(&organization).await, [("POST users/*/seats".to_owned(), 1)].into());
}

#[tokio::test]
async fn new_token_needs_one_post_and_one_list() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let user = new_user(&session, 1).await;
    forget(&organization).await;
    session.create(TOKEN, &json!({"user_id": user["id"], "expires_at": END})).await;
    let expected =
        [("GET users/*/tokens".to_owned(), 1), ("POST users/*/token".to_owned(), 1)].into();
    assert_eq!(calls(&organization).await, expected);
}

#[tokio::test]
async fn user_removal_after_dependents_is_one_delete() {
    let organization = Organization::start().await;
    let objects = person(&organization).await;
    // Terraform applies a plan in a separate process, which has no data from the earlier processes.
    let session = Session::with(&organization).await;
    forget(&organization).await;
    for (name, state) in objects {
        session.delete(name, &state).await.ok();
    }
    let expected = [
        ("DELETE users/*".to_owned(), 1),
        ("DELETE users/*/seats".to_owned(), 1),
        ("DELETE users/*/tokens/*".to_owned(), 1),
    ];
    assert_eq!(calls(&organization).await, expected.into());
}

#[tokio::test]
async fn user_with_expired_token_is_listed_before_removal() {
    let organization = Organization::start().await;
    let [(_, mut token), _, (_, user)] = person(&organization).await;
    // Simulate that another client issued a token after this one had expired.
    let path = format!("users/{}/tokens", text(&user, "id"));
    let id = text(&token, "id");
    let past = json!({"expires_at": "2020-01-01T00:00:00Z"});
    organization.call("PATCH", &format!("{path}/{id}"), past).await;
    organization.call("POST", &path, json!({"expires_at": END})).await;
    token["expires_at"] = json!("2020-01-01T00:00:00Z");

    let session = Session::with(&organization).await;
    forget(&organization).await;
    session.delete(TOKEN, &token).await.ok();
    session.delete(USER, &user).await.ok();
    let calls = calls(&organization).await;
    assert_eq!(calls["GET users/*/tokens"], 1, "{calls:?}");
    assert_eq!(calls["DELETE users/*/tokens/*"], 2, "{calls:?}");
}

#[tokio::test]
async fn users_with_several_tokens_are_listed_before_removal() {
    let organization = Organization::start().await;
    organization.call("PATCH", "settings", json!({"several_tokens": true})).await;
    let [(_, token), _, (_, user)] = person(&organization).await;
    let id = text(&user, "id");
    organization.call("POST", &format!("users/{id}/tokens"), json!({"expires_at": END})).await;

    let session = Session::with(&organization).await;
    session.read(TOKEN, &token).await.ok();
    session.delete(TOKEN, &token).await.ok();
    session.delete(USER, &user).await.ok();
    assert_eq!(organization.user(&address(1)).await, None);
    let calls = calls(&organization).await;
    assert_eq!(calls["DELETE users/*/tokens/*"], 2, "a live token was left: {calls:?}");
}

/// Creates a user with a seat and a token. Returns the objects in the order of removal.
async fn person(organization: &Organization) -> [(&'static str, Value); 3] {
    let session = Session::with(organization).await;
    let user = new_user(&session, 1).await;
    let seat = session.create(SEAT, &json!({"user_id": user["id"]})).await;
    let token = json!({"user_id": user["id"], "expires_at": END});
    let token = session.create(TOKEN, &token).await;
    [(TOKEN, token), (SEAT, seat), (USER, user)]
}

async fn new_user(session: &Session, number: usize) -> Value {
    session.create(USER, &json!({"email": address(number)})).await
}

fn address(number: usize) -> String {
    format!("user{number}@example.com")
}

/// Adds `count` members with seats, optionally with tokens, outside of Terraform. Returns IDs and
/// email addresses.
async fn members(organization: &Organization, count: usize, tokens: bool) -> Vec<(String, String)> {
    organization.call("PATCH", "settings", json!({"seats": count})).await;
    let mut members = Vec::new();
    for number in 0..count {
        let email = address(number);
        let user = organization.call("POST", "users", json!({"email": email, "seat": true})).await;
        let id = text(&user, "id");
        if tokens {
            let path = format!("users/{id}/tokens");
            organization.call("POST", &path, json!({"expires_at": END})).await;
        }
        members.push((id, email));
    }
    members
}

/// Returns the token ID of each user.
async fn token_ids(organization: &Organization) -> BTreeMap<String, String> {
    let state = organization.call("GET", "state", Value::Null).await;
    let users = state["users"].as_array().unwrap();
    let with_token = users.iter().filter(|user| !user["tokens"][0].is_null());
    with_token.map(|user| (text(user, "id"), text(&user["tokens"][0], "id"))).collect()
}

/// Returns a complete state, with the defaults of the schema.
async fn state(name: &str, given: &Value) -> Value {
    let defaults = match name {
        USER => json!({"adopt_existing": false, "offboard_on_destroy": true}),
        SEAT => json!({"send_seat_assigned_email": false}),
        _ => json!({
            "expiration_tolerance_months": 0, "send_token_email": false, "revoke_existing": false,
            "recreate_if_invalid": true, "hide_token": false, "expired": false,
            "ready_for_renewal": false,
        }),
    };
    let mut state = object(block(name).await, &defaults);
    for (field, value) in given.as_object().unwrap() {
        state[field] = value.clone();
    }
    state
}

/// Reads all these objects, several concurrently. Checks that they have not changed.
async fn refreshed(
    organization: &Organization,
    states: Vec<(&'static str, Value)>,
) -> Arc<Session> {
    let session = Arc::new(Session::with(organization).await);
    let mut running = JoinSet::new();
    for (name, state) in states {
        if running.len() == PARALLELISM {
            running.join_next().await.unwrap().unwrap();
        }
        let session = Arc::clone(&session);
        running.spawn(async move {
            assert_eq!(session.read(name, &state).await.ok(), state);
        });
    }
    while let Some(done) = running.join_next().await {
        done.unwrap();
    }
    session
}

async fn forget(organization: &Organization) {
    organization.call("DELETE", "requests", Value::Null).await;
}

/// Returns the number of requests to each endpoint, with `*` for each ID.
async fn calls(organization: &Organization) -> BTreeMap<String, usize> {
    let mut calls = BTreeMap::new();
    for request in organization.requests().await {
        let (method, path) = request.split_once(' ').unwrap();
        let Some((_, below)) = path.split_once("/organizations/") else { continue };
        let (_, below) = below.split_once('/').unwrap();
        let is_id = |part: &str| part.parse::<uuid::Uuid>().is_ok();
        let parts = below.split('/').map(|part| if is_id(part) { "*" } else { part });
        let call = format!("{method} {}", parts.collect::<Vec<_>>().join("/"));
        *calls.entry(call).or_default() += 1;
    }
    calls
}

fn text(object: &Value, field: &str) -> String {
    object[field].as_str().unwrap().to_owned()
}
