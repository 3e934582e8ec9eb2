//! The provider does not rely on a single "not found" response, and keeps everything that it
//! issued. Each test runs over gRPC, with faults that the sandbox injects once. The fault matrix
//! tests all false responses to all requests.

use serde_json::{Value, json};

use crate::actions::invoke;
use crate::admin::{Organization, provider_block};
use crate::data;
use crate::harness::Launch;
use crate::proto::tfplugin5::invoke_action;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors};
use crate::terraform::object;
use crate::values::pack;

const USER: &str = "anaconda_user";
const SEAT: &str = "anaconda_seat";
const TOKEN: &str = "anaconda_token";
const END: &str = "2090-01-31T00:00:00Z";
const NOBODY: &str = "00000000-0000-4000-8000-000000000000";

/// Returns the private state of objects that were written long ago.
fn aged() -> Vec<u8> {
    json!({"written": 1, "scope": "sandbox"}).to_string().into_bytes()
}

async fn lie(organization: &Organization, operation: &str, fault: Value) {
    let rule = json!({"operation": operation, "fault": fault});
    organization.call("POST", "faults", rule).await;
}

fn not_found(body: &str) -> Value {
    json!({"kind": "status", "status": 404, "body": body, "message": "User not found"})
}

/// Creates a user with a seat and a token. Returns a later session, for which all three are old.
async fn person(organization: &Organization) -> (Session, [(&'static str, Value); 3]) {
    let session = Session::with(organization).await;
    let user = session.create(USER, &json!({"email": "ada@example.com"})).await;
    let seat = session.create(SEAT, &json!({"user_id": user["id"]})).await;
    let token = json!({"user_id": user["id"], "expires_at": END});
    let token = session.create(TOKEN, &token).await;
    let mut later = Session::with(organization).await;
    later.private = aged();
    (later, [(USER, user), (SEAT, seat), (TOKEN, token)])
}

#[tokio::test]
async fn one_list_without_member_removes_nothing() {
    let organization = Organization::start().await;
    let (session, objects) = person(&organization).await;
    lie(&organization, "list_users", json!({"kind": "omit", "item": "ada@example.com"})).await;
    for (name, state) in objects {
        let read = session.read(name, &state).await;
        assert_eq!((read.diagnostics.len(), &read.state), (0, &state), "{name}: {read:?}");
    }
}

#[tokio::test]
async fn token_not_found_with_listed_user_is_kept() {
    for body in ["api", "detail", "message", "bare", "nested", "unserved"] {
        let organization = Organization::start().await;
        let (session, [_, _, (name, state)]) = person(&organization).await;
        lie(&organization, "list_tokens", not_found(body)).await;
        let read = session.read(name, &state).await;
        assert_eq!((read.diagnostics.len(), &read.state), (0, &state), "{body}: {read:?}");
    }
}

#[tokio::test]
async fn token_never_found_with_listed_user_is_error() {
    let organization = Organization::start().await;
    let (session, [_, _, (name, state)]) = person(&organization).await;
    let rule = json!({"operation": "list_tokens", "times": null, "fault": not_found("api")});
    organization.call("POST", "faults", rule).await;
    let read = session.read(name, &state).await;
    assert_eq!(errors(&read.diagnostics)[0].summary, "Contradictory API responses", "{read:?}");
}

#[tokio::test]
async fn externally_removed_user_leaves_with_seat_and_token() {
    let organization = Organization::start().await;
    let (session, objects) = person(&organization).await;
    let id = objects[0].1["id"].as_str().unwrap().to_owned();
    organization.call("DELETE", &format!("users/{id}"), Value::Null).await;
    for (name, state) in objects {
        let read = session.read(name, &state).await;
        assert_eq!((errors(&read.diagnostics).len(), &read.state), (0, &Value::Null), "{name}");
        assert_eq!(read.diagnostics.len(), 1, "{name}: {read:?}");
    }
    let requests = organization.requests().await;
    let lists = requests.iter().filter(|it| it.starts_with("GET") && it.ends_with("/users"));
    assert!(lists.count() <= 3, "they share the second list: {requests:?}");
}

#[tokio::test]
async fn one_undocumented_404_keeps_lists_available() {
    for (operation, name) in [("list_users", USER), ("list_tokens", TOKEN)] {
        let organization = Organization::start().await;
        let (session, objects) = person(&organization).await;
        for fault in [
            json!({"kind": "status", "status": 404, "body": "html"}),
            json!({"kind": "status", "status": 405, "body": "empty"}),
        ] {
            lie(&organization, operation, fault).await;
        }
        let (_, state) = objects.into_iter().find(|(it, _)| *it == name).unwrap();
        // Two such responses at the start would mean a legacy API without lists. Inject one now and
        // one later.
        organization.call("DELETE", "faults", Value::Null).await;
        lie(&organization, operation, json!({"kind": "status", "status": 404, "body": "html"}))
            .await;
        let read = session.read(name, &state).await;
        assert_eq!(read.diagnostics, [], "{name}");
    }
}

#[tokio::test]
async fn not_found_for_new_user_is_retried() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let user = session.create(USER, &json!({"email": "ada@example.com"})).await;
    lie(&organization, "assign_seat", not_found("api")).await;
    lie(&organization, "create_token", not_found("detail")).await;
    session.create(SEAT, &json!({"user_id": user["id"]})).await;
    session.create(TOKEN, &json!({"user_id": user["id"], "expires_at": END})).await;
}

#[tokio::test]
async fn removal_rejected_once_is_completed() {
    let organization = Organization::start().await;
    let (session, [user, seat, token]) = person(&organization).await;
    lie(&organization, "revoke_token", not_found("api")).await;
    lie(&organization, "remove_seat", not_found("nested")).await;
    lie(&organization, "remove_user", not_found("bare")).await;
    for (name, state) in [token, seat, user] {
        session.delete(name, &state).await.ok();
    }
    assert_eq!(organization.user("ada@example.com").await, None);
    let rules = organization.call("GET", "faults", Value::Null).await;
    assert!(rules.as_array().unwrap().iter().all(|rule| rule["struck"] == 1), "{rules}");
}

#[tokio::test]
async fn action_error_names_missing_user() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for who in [json!({"user_id": NOBODY}), json!({"email": "nobody@example.com"})] {
        let asked = who.as_object().unwrap().values().next().unwrap().as_str().unwrap().to_owned();
        let mut given = who;
        given["confirm"] = true.into();
        let (lines, told) = invoke(&session, "anaconda_offboard_user", &given).await;
        assert_eq!((lines, told), (vec![format!("{asked} is not a member. No changes.")], vec![]));
    }
    for (name, given) in [
        ("anaconda_revoke_user_tokens", json!({"user_id": NOBODY, "confirm": true})),
        ("anaconda_renew_token", json!({"user_id": NOBODY})),
    ] {
        let (_, told) = invoke(&session, name, &given).await;
        assert_eq!(errors(&told)[0].summary, "User not found", "{name}: {told:?}");
    }
}

#[tokio::test]
async fn action_on_last_admin_changes_nothing() {
    let organization = Organization::start().await;
    let admin = organization.user("admin@example.com").await.unwrap();
    let id = admin["id"].as_str().unwrap();
    organization.call("POST", &format!("users/{id}/tokens"), json!({"expires_at": END})).await;
    let before = organization.user("admin@example.com").await;
    let session = Session::with(&organization).await;
    for who in ["user_id", "email"] {
        let name = if who == "email" { "admin@example.com" } else { id };
        let mut given = json!({"confirm": true});
        given[who] = name.into();
        let (_, told) = invoke(&session, "anaconda_offboard_user", &given).await;
        assert_eq!(errors(&told)[0].summary, "Cannot remove the last admin", "{told:?}");
    }
    assert_eq!(organization.user("admin@example.com").await, before);
}

#[tokio::test]
async fn data_source_lists_again_before_not_found() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let users = data::read(&session, "anaconda_users", &json!({})).await.unwrap();
    assert_eq!(users["ids"].as_array().unwrap().len(), 1);
    // Simulate another provider alias that adds her.
    organization.add_user("ada@example.com").await;
    let found = data::read(&session, USER, &json!({"email": "ada@example.com"})).await.unwrap();
    assert_eq!(found["email"], "ada@example.com");
    let grace = organization.add_user("grace@example.com").await;
    data::read(&session, "anaconda_tokens", &json!({"user_id": grace})).await.unwrap();
}

#[tokio::test]
async fn token_with_failed_list_is_kept_and_gets_id() {
    let organization = Organization::start().await;
    let mut session = Session::with(&organization).await;
    let user = session.create(USER, &json!({"email": "ada@example.com"})).await;
    let given = json!({"user_id": user["id"], "expires_at": END});
    let plan = session.plan(TOKEN, &Value::Null, &given).await.unwrap();
    let fault = json!({"kind": "status", "status": 403});
    lie(&organization, "list_tokens", fault).await;
    let made = session.apply(TOKEN, &Value::Null, &plan.state, &given).await;
    let warnings: Vec<_> = made.diagnostics.iter().map(|it| it.summary.as_str()).collect();
    assert_eq!(warnings, ["Token issued, steps remaining"], "{made:?}");
    session.private = made.private.clone();
    let state = made.ok();
    assert!(state["token"].is_string() && state["id"] == user["id"], "{state}");

    let read = session.read(TOKEN, &state).await.ok();
    let live = organization.user("ada@example.com").await.unwrap()["tokens"][0].clone();
    assert_eq!((&read["id"], &read["token"]), (&live["id"], &state["token"]));
    let again = session.plan(TOKEN, &read, &given).await.unwrap();
    assert_eq!((&again.state, again.replace.len()), (&read, 0));
}

#[tokio::test]
async fn failed_sync_is_update_in_next_plan() {
    let organization = Organization::start().await;
    let mut session = Session::with(&organization).await;
    let user = session.create(USER, &json!({"email": "ada@example.com"})).await;
    let given = json!({"user_id": user["id"], "sync_with_subscription": true});
    let plan = session.plan(TOKEN, &Value::Null, &given).await.unwrap();
    lie(&organization, "update_token", json!({"kind": "status", "status": 403})).await;
    let made = session.apply(TOKEN, &Value::Null, &plan.state, &given).await;
    session.private = made.private.clone();
    let state = made.ok();
    assert!(state["token"].is_string(), "{state}");

    let read = session.read(TOKEN, &state).await;
    session.private = read.private.clone();
    let read = read.ok();
    let plan = session.plan(TOKEN, &read, &given).await.unwrap();
    assert_eq!(plan.replace, Vec::<String>::new());
    assert_ne!(plan.state, read, "the sync is left to do");
    let synced = session.apply(TOKEN, &read, &plan.state, &given).await;
    session.private = synced.private.clone();
    let synced = synced.ok();
    assert_eq!(synced["token"], state["token"]);
    assert_ne!(synced["expires_at"], state["expires_at"]);
    let again = session.plan(TOKEN, &synced, &given).await.unwrap();
    assert_eq!(again.state, synced, "nothing is left");
}

#[tokio::test]
async fn failed_write_does_not_count_as_write() {
    let organization = Organization::start().await;
    let (session, [_, _, (name, state)]) = person(&organization).await;
    let given = json!({"user_id": state["user_id"], "expires_at": "2091-01-31T00:00:00Z"});
    let plan = session.plan(name, &state, &given).await.unwrap();
    lie(&organization, "update_token", json!({"kind": "status", "status": 403})).await;
    let failed = session.apply(name, &state, &plan.state, &given).await;
    assert_eq!(errors(&failed.diagnostics).len(), 1);
    let private: Value = serde_json::from_slice(&failed.private).unwrap();
    assert_eq!((&private["written"], &private["scope"]), (&json!(1), &json!("sandbox")));
}

#[tokio::test]
async fn action_completes_after_terraform_is_killed() {
    let organization = Organization::start().await;
    let ada = organization.call("POST", "users", json!({"email": "a@x.org", "seat": true})).await;
    let id = ada["id"].as_str().unwrap().to_owned();
    organization.call("POST", &format!("users/{id}/tokens"), json!({"expires_at": END})).await;
    let mut proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("DELETE *seats", [Fault::Hold]);
    let session = Session::unconfigured(Launch::by_terraform().env("TF_LOG", "DEBUG")).await;
    assert_eq!(session.configure(&provider_block(&proxy.url())).await, []);
    let Session { mut plugin, client, .. } = session;
    let name = "anaconda_offboard_user";
    let given = json!({"user_id": id, "confirm": true});
    let request = invoke_action::Request {
        action_type: name.to_owned(),
        config: Some(pack(&object(crate::actions::block(name).await, &given))),
        ..Default::default()
    };
    let events = client.clone().invoke_action(request).await.unwrap();
    proxy.wait_for("DELETE *seats").await;
    drop((events, client));
    plugin.stderr_until(|log| log.contains("stopping plugin")).await;
    proxy.release();
    assert!(plugin.exit().await.success());
    assert_eq!(organization.user("a@x.org").await, None, "the person is half offboarded");
}
