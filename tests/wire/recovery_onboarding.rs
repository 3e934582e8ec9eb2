//! Invitations with a lost response.

use serde_json::{Value, json};

use crate::actions::invoke;
use crate::admin::Organization;
use crate::proxy::{Fault, FaultProxy};
use crate::recovery::{behind, try_to_create};
use crate::session::{Session, errors};

const ONBOARDING: &str = "anaconda_onboarding";
const POST: &str = "POST *users_auto_registration";

fn people(timeout: &str) -> Value {
    let emails = ["kim@example.com", "lee@example.com"];
    json!({"emails": emails, "timeouts": {"create": timeout}})
}

fn statuses(state: &Value) -> [&str; 2] {
    ["kim@example.com", "lee@example.com"].map(|it| state["users"][it]["status"].as_str().unwrap())
}

async fn are_there(organization: &Organization) -> [bool; 2] {
    let kim = organization.user("kim@example.com").await;
    [kim.is_some(), organization.user("lee@example.com").await.is_some()]
}

#[tokio::test]
async fn user_invited_by_lost_response_is_owned_member() {
    for fault in [Fault::LoseAnswer, Fault::Garble] {
        let organization = Organization::start().await;
        let proxy = FaultProxy::start(&organization.url()).await;
        proxy.inject(POST, [fault]);
        let session = behind(&proxy, 1).await;
        let outcome = try_to_create(&session, ONBOARDING, &people("30s")).await;
        assert_eq!(outcome.diagnostics.len(), 1, "{:?}", outcome.diagnostics);
        let state = outcome.ok();
        assert_eq!(statuses(&state), ["member", "member"]);
        session.delete(ONBOARDING, &state).await.ok();
        assert_eq!(are_there(&organization).await, [false, false]);
    }
}

#[tokio::test]
async fn member_before_lost_response_is_never_owned() {
    let organization = Organization::start().await;
    organization.add_user("lee@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject(POST, [Fault::LoseAnswer]);
    let session = behind(&proxy, 1).await;
    let state = try_to_create(&session, ONBOARDING, &people("30s")).await.ok();
    assert_eq!(statuses(&state), ["member", "unavailable"]);
    session.delete(ONBOARDING, &state).await.ok();
    assert_eq!(are_there(&organization).await, [false, true]);
}

#[tokio::test]
async fn failed_list_before_lost_response_owns_nobody() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject(POST, [Fault::LoseAnswer]);
    proxy.inject("GET *users", [Fault::Answer(500, "")]);
    let state = try_to_create(&behind(&proxy, 0).await, ONBOARDING, &people("1s")).await.ok();
    assert_eq!(statuses(&state), ["unavailable", "unavailable"]);
}

#[tokio::test]
async fn user_missing_after_lost_response_is_planned_again() {
    for fault in [Fault::LoseRequest, Fault::Answer(500, ""), Fault::Answer(502, "")] {
        let organization = Organization::start().await;
        let proxy = FaultProxy::start(&organization.url()).await;
        proxy.inject(POST, [fault, Fault::Pass]);
        let session = behind(&proxy, 1).await;
        let outcome = try_to_create(&session, ONBOARDING, &people("1s")).await;
        assert!(errors(&outcome.diagnostics).is_empty(), "an error would taint it");
        assert_eq!(statuses(&outcome.state), ["unknown", "unknown"]);
        let refreshed = session.read(ONBOARDING, &outcome.state).await.ok();
        assert_eq!(refreshed["emails"], json!([]));
        let given = people("30s");
        let plan = session.plan(ONBOARDING, &refreshed, &given).await.unwrap();
        assert!(plan.replace.is_empty());
        let state = session.apply(ONBOARDING, &refreshed, &plan.state, &given).await.ok();
        assert_eq!(statuses(&state), ["member", "member"]);
    }
}

#[tokio::test]
async fn user_invited_by_lost_response_stays_owned_when_unavailable() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject(POST, [Fault::LoseAnswer, Fault::Pass]);
    // The user list fails until the API has responded to the second invitation.
    let session = behind(&proxy, 0).await;
    proxy.inject("GET *users", [Fault::Pass, Fault::Answer(500, "")]);
    let first = try_to_create(&session, ONBOARDING, &people("1s")).await.ok();
    assert_eq!(statuses(&first), ["unknown", "unknown"]);
    proxy.clear_faults();
    proxy.inject("GET *users", [Fault::Answer(500, ""), Fault::Pass]);
    let mut given = people("30s");
    given["triggers"] = json!({"again": "1"});
    let second = behind(&proxy, 0).await;
    let plan = second.plan(ONBOARDING, &first, &given).await.unwrap();
    let state = second.apply(ONBOARDING, &first, &plan.state, &given).await.ok();
    assert_eq!(statuses(&state), ["member", "member"]);
    second.delete(ONBOARDING, &state).await.ok();
    assert_eq!(are_there(&organization).await, [false, false]);
}

#[tokio::test]
async fn unseen_member_is_offboarded_and_pending_user_warns() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let direct = Session::with(&organization).await;
    for (fault, warned) in [(Fault::LoseRequest, true), (Fault::LoseAnswer, false)] {
        proxy.clear_faults();
        proxy.inject(POST, [fault]);
        proxy.inject("GET *users", [Fault::Pass, Fault::Answer(500, "")]);
        let state = try_to_create(&behind(&proxy, 0).await, ONBOARDING, &people("1s")).await.ok();
        assert_eq!(statuses(&state), ["unknown", "unknown"]);
        assert!(
            direct.plan_delete(ONBOARDING, &state).await[0].summary.contains("Pending invitations")
        );
        if !warned {
            wait_for_arrival(&organization).await;
        }
        let outcome = direct.delete(ONBOARDING, &state).await;
        assert_eq!(!outcome.diagnostics.is_empty(), warned, "{:?}", outcome.diagnostics);
        outcome.ok();
        assert_eq!(are_there(&organization).await, [false, false]);
    }
}

/// Waits until both users are members. The sandbox delays this, as the API does.
async fn wait_for_arrival(organization: &Organization) {
    let arrived = async {
        while are_there(organization).await != [true, true] {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), arrived).await.unwrap();
}

#[tokio::test]
async fn late_unwanted_user_is_offboarded_by_next_plan() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject(POST, [Fault::LoseAnswer]);
    proxy.inject("GET *users", [Fault::Pass, Fault::Answer(500, "")]);
    let state = try_to_create(&behind(&proxy, 0).await, ONBOARDING, &people("1s")).await.ok();
    let mut missed = state.clone();
    missed["emails"] = json!([]);
    wait_for_arrival(&organization).await;
    let session = Session::with(&organization).await;
    let refreshed = session.read(ONBOARDING, &missed).await.ok();
    assert_eq!(refreshed["emails"].as_array().unwrap().len(), 2);
    let given = json!({"emails": ["kim@example.com"]});
    let plan = session.plan(ONBOARDING, &refreshed, &given).await.unwrap();
    session.apply(ONBOARDING, &refreshed, &plan.state, &given).await.ok();
    assert_eq!(are_there(&organization).await, [true, false]);
}

#[tokio::test]
async fn onboarding_action_with_lost_response_can_run_again() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject(POST, [Fault::LoseAnswer, Fault::Pass]);
    let session = behind(&proxy, 1).await;
    let given = json!({"emails": ["kim@example.com"]});
    let (_, told) = invoke(&session, "anaconda_onboard_users", &given).await;
    assert!(errors(&told)[0].detail.contains("kim@example.com"), "{told:?}");
    assert!(errors(&told)[0].detail.contains("Invoke the action again"), "{told:?}");
    let (_, told) = invoke(&session, "anaconda_onboard_users", &given).await;
    assert!(errors(&told).is_empty(), "{told:?}");
}
