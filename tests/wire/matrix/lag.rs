//! Stale list responses in a later run: a new object is not treated as deleted, and a deleted
//! object does not remain forever.

use std::time::Duration;

use serde_json::{Value, json};

use super::runs::{Block, State};
use super::scenarios::{ACCOUNT, ADA, COURSE, LONGER_TOKEN, SEAT, SERVER, SYNCED_TOKEN, TOKEN};
use crate::admin::{Organization, provider_block};
use crate::proxy::{Fault, FaultProxy};

const NOT_YET: &str = "Recent change not listed yet";

async fn lag(organization: &Organization, seconds: u32) {
    let settings = json!({"listing_lag_seconds": seconds});
    organization.call("PATCH", "settings", settings).await;
}

/// Plans. The plan must contain no changes. Returns the number of objects that are not listed yet.
async fn planned_nothing(state: &mut State, provider: &Value, blocks: &[Block]) -> usize {
    let report = state.plan(provider, blocks).await.ok();
    assert_eq!(report.planned, [""; 0], "{:#?}", report.warnings);
    assert!(report.warnings.iter().all(|text| text.contains(NOT_YET)), "{:#?}", report.warnings);
    report.warnings.len()
}

#[tokio::test]
async fn objects_of_last_run_survive_stale_lists() {
    let organization = Organization::start().await;
    let provider = provider_block(&organization.url());
    let blocks = [ADA, SEAT, SERVER, ACCOUNT];
    lag(&organization, 600).await;
    let mut state = State::default();
    state.apply(&provider, &blocks).await.ok();
    assert_eq!(planned_nothing(&mut state, &provider, &blocks).await, blocks.len());
    // The provider can delete these objects although they are not listed.
    state.clone().apply(&provider, &[]).await.ok();
    let left = organization.call("GET", "state", Value::Null).await;
    assert_eq!(left["users"].as_array().unwrap().len(), 1, "{left}");
}

#[tokio::test]
async fn listed_object_is_no_longer_treated_as_new() {
    let organization = Organization::start().await;
    let provider = provider_block(&organization.url());
    let blocks = [ADA, SEAT, ACCOUNT];
    lag(&organization, 600).await;
    let mut state = State::default();
    state.apply(&provider, &blocks).await.ok();
    lag(&organization, 0).await;
    assert_eq!(planned_nothing(&mut state, &provider, &blocks).await, 0);
}

#[tokio::test]
async fn token_of_last_run_stays_active_with_stale_lists() {
    let organization = Organization::start().await;
    let blocks = [ADA, TOKEN];
    let mut state = State::default();
    state.apply(&provider_block(&organization.url()), &blocks).await.ok();
    let proxy = FaultProxy::start(&organization.url()).await;
    let provider = provider_block(&proxy.url());
    // The token list returns 404 for the new user, or does not contain the token.
    for fault in [Fault::Answer(404, ""), Fault::Replace(200, r#"{"items": []}"#)] {
        proxy.inject("GET *tokens", [fault]);
        assert_eq!(planned_nothing(&mut state, &provider, &blocks).await, 1);
    }
    proxy.clear_faults();
    assert_eq!(planned_nothing(&mut state, &provider, &blocks).await, 0);
}

/// Returns the only token of Ada from the sandbox.
async fn ada_token(organization: &Organization) -> Value {
    organization.user("ada@example.com").await.unwrap()["tokens"][0].clone()
}

#[tokio::test]
async fn token_gets_id_and_expiration_despite_stale_lists() {
    for token in [TOKEN, SYNCED_TOKEN] {
        let organization = Organization::start().await;
        lag(&organization, 1).await;
        let mut state = State::default();
        state.apply(&provider_block(&organization.url()), &[ADA, token]).await.ok();
        let (known, real) = (state.get(TOKEN.address).unwrap(), ada_token(&organization).await);
        assert_eq!(known["id"], real["id"]);
        let days = [known, &real].map(|token| token["expires_at"].as_str().unwrap().get(..10));
        assert_eq!(days[0], days[1]);
    }
}

#[tokio::test]
async fn token_of_last_run_updates_despite_stale_lists() {
    let organization = Organization::start().await;
    let mut state = State::default();
    state.apply(&provider_block(&organization.url()), &[ADA, TOKEN]).await.ok();
    let proxy = FaultProxy::start(&organization.url()).await;
    let empty = Fault::Replace(200, r#"{"items": []}"#);
    // One stale response is for the refresh, and one for the first check of the update.
    proxy.inject("GET *tokens", [empty.clone(), empty, Fault::Pass]);
    state.apply(&provider_block(&proxy.url()), &[ADA, LONGER_TOKEN]).await.ok();
    assert!(ada_token(&organization).await["expires_at"].as_str().unwrap().starts_with("2091"));
}

#[tokio::test]
async fn changed_expiration_is_not_repeated_with_stale_lists() {
    let organization = Organization::start().await;
    let provider = provider_block(&organization.url());
    let mut state = State::default();
    state.apply(&provider, &[ADA, TOKEN]).await.ok();
    lag(&organization, 600).await;
    let moved = [ADA, LONGER_TOKEN];
    let report = state.apply(&provider, &moved).await.ok();
    assert_eq!(report.planned, ["update anaconda_token.ada"]);
    assert_eq!(planned_nothing(&mut state, &provider, &moved).await, 0);
}

#[tokio::test]
async fn onboarded_users_are_not_reinvited_with_stale_lists() {
    let organization = Organization::start().await;
    let provider = provider_block(&organization.url());
    let mut state = State::default();
    state.apply(&provider, &[COURSE]).await.ok();
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("GET *users", [Fault::Replace(200, ONE_ADMIN)]);
    let provider = provider_block(&proxy.url());
    assert_eq!(planned_nothing(&mut state, &provider, &[COURSE]).await, 0);
}

/// User list without any user of the test.
const ONE_ADMIN: &str = r#"{"items": [{"id": "7f1c3a52-6f0e-4b57-9a43-0d6f4c2b1e90",
    "email": "root@example.com", "first_name": "Root", "last_name": null, "role": "admin",
    "subscriptions": [], "groups": []}]}"#;

#[tokio::test]
async fn deleted_object_is_planned_again_after_one_minute() {
    let organization = Organization::start().await;
    let provider = provider_block(&organization.url());
    let blocks = [ADA, SEAT, ACCOUNT];
    let mut state = State::default();
    state.apply(&provider, &blocks).await.ok();
    let user = organization.user("ada@example.com").await.unwrap();
    let gone = format!("users/{}", user["id"].as_str().unwrap());
    organization.call("DELETE", &gone, Value::Null).await;

    state.age(Duration::from_secs(30));
    assert_eq!(planned_nothing(&mut state, &provider, &blocks).await, 2);
    state.age(Duration::from_secs(31));
    let report = state.plan(&provider, &blocks).await.ok();
    assert_eq!(report.planned, ["create anaconda_user.ada", "create anaconda_seat.ada"]);
    assert!(
        report.warnings.iter().all(|it| it.contains("Object deleted outside of Terraform")),
        "{report:?}"
    );
}
