//! Failed requests, and the state after them.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Outcome, Session, errors};
use crate::terraform::{absent_user_id, example, resource_names};

async fn behind(proxy: &FaultProxy) -> Session {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut config = provider_block(&proxy.url());
    config["max_retries"] = 0.into();
    assert_eq!(session.configure(&config).await, []);
    session
}

async fn try_to_create(session: &Session, name: &str, given: &Value) -> Outcome {
    let plan = session.plan(name, &Value::Null, given).await.unwrap();
    let outcome = session.apply(name, &Value::Null, &plan.state, given).await;
    assert!(!errors(&outcome.diagnostics).is_empty(), "{name} did not fail");
    outcome
}

#[tokio::test]
async fn rejected_create_leaves_no_state() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST /api/v1/*", [Fault::Answer(500, "")]);
    let session = behind(&proxy).await;
    // The state keeps an invitation with an unknown outcome: see `recovery_onboarding`.
    for name in resource_names().await.into_iter().filter(|it| *it != "anaconda_onboarding") {
        let outcome = try_to_create(&session, name, &example(name, &grace)).await;
        assert_eq!(outcome.state, Value::Null, "{name}");
        assert!(outcome.diagnostics[0].detail.contains("injected by the proxy"), "{outcome:?}");
    }
}

#[tokio::test]
async fn issued_token_is_kept_if_later_step_fails() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    // The first list request looks for active tokens. The second one looks for the ID of the new
    // token.
    proxy.inject("GET *tokens", [Fault::Pass, Fault::Answer(500, "")]);
    let session = behind(&proxy).await;
    let config = example("anaconda_token", &grace);
    let plan = session.plan("anaconda_token", &Value::Null, &config).await.unwrap();
    let kept = session.apply("anaconda_token", &Value::Null, &plan.state, &config).await.ok();
    let secrets = organization.call("GET", "secrets", Value::Null).await;
    assert!(secrets.as_array().unwrap().contains(&kept["token"]), "the token is lost");
    assert_eq!(kept["expires_at"], config["expires_at"]);
    // The token ID is unknown, but the provider must still revoke the token.
    proxy.clear_faults();
    session.delete("anaconda_token", &kept).await.ok();
    let now = organization.user("grace@example.com").await.unwrap();
    assert!(now["tokens"].as_array().unwrap().iter().all(|token| token["live"] == false), "{now}");
}

#[tokio::test]
async fn failed_list_offboards_no_invited_users() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("GET *", [Fault::Answer(500, "")]);
    let session = behind(&proxy).await;
    let config = example("anaconda_onboarding", absent_user_id());
    let plan = session.plan("anaconda_onboarding", &Value::Null, &config).await.unwrap();
    let outcome = session.apply("anaconda_onboarding", &Value::Null, &plan.state, &config).await;
    // An error would taint the new object. The next run would replace it and offboard all users.
    assert!(errors(&outcome.diagnostics).is_empty(), "{:?}", outcome.diagnostics);
    assert_eq!(outcome.diagnostics.len(), 1, "{:?}", outcome.diagnostics);
    assert_eq!(outcome.state["users"]["Kim@example.com"]["status"], "in_process");
    assert!(organization.user("kim@example.com").await.is_some());
}

#[tokio::test]
async fn lost_post_response_is_not_retried() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST *users", [Fault::LoseAnswer]);
    let session = Session::at(&proxy.url()).await;
    let config = example("anaconda_user", absent_user_id());
    let plan = session.plan("anaconda_user", &Value::Null, &config).await.unwrap();
    let outcome = session.apply("anaconda_user", &Value::Null, &plan.state, &config).await;
    let posts =
        proxy.requests().iter().filter(|l| l.starts_with("POST") && l.ends_with("/users")).count();
    assert_eq!(posts, 1);
    let ada = organization.user("ada@example.com").await.unwrap();
    // The provider found the user again in the list response.
    match errors(&outcome.diagnostics).as_slice() {
        [] => assert_eq!(outcome.state["id"], ada["id"]),
        told => panic!("{told:?}"),
    }
}

#[tokio::test]
async fn failed_removal_keeps_object_in_state() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = behind(&proxy).await;
    for name in resource_names().await {
        let state = session.create(name, &example(name, &grace)).await;
        proxy.inject("DELETE *", [Fault::Answer(500, "")]);
        let outcome = session.delete(name, &state).await;
        assert!(!errors(&outcome.diagnostics).is_empty(), "{name}");
        assert_eq!(outcome.state, state, "{name}");
        proxy.clear_faults();
        session.delete(name, &state).await.ok();
    }
}

#[tokio::test]
async fn failed_update_keeps_prior_state() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = behind(&proxy).await;
    let state = session.create("anaconda_token", &example("anaconda_token", &grace)).await;
    proxy.inject("PATCH *", [Fault::Answer(500, "")]);
    let config = json!({"user_id": grace, "expires_at": "2091-01-01T00:00:00Z"});
    let plan = session.plan("anaconda_token", &state, &config).await.unwrap();
    let outcome = session.apply("anaconda_token", &state, &plan.state, &config).await;
    assert_eq!((errors(&outcome.diagnostics).len(), &outcome.state), (1, &state));
}

#[tokio::test]
async fn failed_list_removes_nothing_from_state() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let mut states = Vec::new();
    let first = Session::with(&organization).await;
    for name in resource_names().await {
        states.push((name, first.create(name, &example(name, &grace)).await));
    }
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("GET *", [Fault::Answer(500, "")]);
    let broken = behind(&proxy).await;
    let mut config = provider_block("http://127.0.0.1:9");
    config["max_retries"] = 0.into();
    let unreachable = Session::unconfigured(Launch::by_terraform()).await;
    assert_eq!(unreachable.configure(&config).await, []);
    for (name, state) in &states {
        for session in [&broken, &unreachable] {
            // The session checks that a response with an error has no state.
            let read = session.read(name, state).await;
            assert_eq!(errors(&read.diagnostics).len(), 1, "{name}: {read:?}");
        }
    }
}

#[tokio::test]
async fn seat_conflict_or_404_requires_list_confirmation() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let has_seat = async || organization.user("grace@example.com").await.unwrap()["seat"].clone();
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = behind(&proxy).await;
    let config = json!({"user_id": grace});
    let plan = session.plan("anaconda_seat", &Value::Null, &config).await.unwrap();

    proxy.inject("POST *seats", [Fault::Answer(409, "")]);
    let refused = session.apply("anaconda_seat", &Value::Null, &plan.state, &config).await;
    assert_eq!((errors(&refused.diagnostics).len(), refused.state), (1, Value::Null));
    proxy.clear_faults();
    let state = session.apply("anaconda_seat", &Value::Null, &plan.state, &config).await.ok();
    assert_eq!(has_seat().await, true);

    proxy.inject("DELETE *seats", [Fault::Answer(404, "")]);
    let kept = session.delete("anaconda_seat", &state).await;
    assert_eq!((errors(&kept.diagnostics).len(), &kept.state), (1, &state));
    proxy.clear_faults();
    session.delete("anaconda_seat", &state).await.ok();
    assert_eq!(has_seat().await, false);
}
