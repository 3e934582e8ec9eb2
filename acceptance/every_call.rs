//! Configurations that use every request of the API, in both dialects as far as supported.

use std::collections::BTreeSet;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::TestEnv;
use crate::hcl::{ADA, ADA_SEAT, TOKEN, USER, resource};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        every_api_operation_is_used,
        every_legacy_api_operation_is_used,
    ],
}

/// Requests below an organization that both Anaconda documents describe.
const BOTH: [&str; 10] = [
    "DELETE service-accounts/*",
    "DELETE users/*",
    "DELETE users/*/seats",
    "GET service-accounts",
    "PATCH users/*/token",
    "POST service-accounts",
    "POST users",
    "POST users/*/seats",
    "POST users/*/token",
    "POST users_auto_registration",
];
/// Requests that only the Organization Management API 1.0.0 describes.
const V1: [&str; 3] = ["DELETE users/*/tokens/*", "GET users", "GET users/*/tokens"];
/// Request that only the guide describes. In the newer document, the request names the token.
const GUIDE: [&str; 1] = ["DELETE users/*/token"];

/// Returns one resource of each type.
fn everything(year: u16) -> String {
    let token = format!(
        "user_id = anaconda_seat.ada.user_id\nexpires_at = \"{year}-01-01T00:00:00Z\"\n\
         revoke_existing = true"
    );
    let account = resource("service_account", "ci", "name = \"ci\"");
    let onboarding = resource(
        "onboarding",
        "team",
        "emails = [\"bob@example.com\"]\nwait_for_completion = false",
    );
    [ADA, ADA_SEAT, &resource("token", "ada", &token), &account, &onboarding].concat()
}

/// Creates one resource of each type, changes what can change, and removes everything. Returns all
/// requests with a successful response.
async fn requests_of_lifecycle(w: &mut TestEnv) -> BTreeSet<String> {
    w.apply_unchecked(&everything(2040)).await;
    w.apply_unchecked(&everything(2041)).await;
    assert!(w.text(TOKEN, "expires_at").starts_with("2041") && w.has(USER));
    let bob = w.sandbox().user("bob@example.com").await.unwrap();
    w.apply_unchecked("").await;
    let id = bob["id"].as_str().unwrap();
    if w.sandbox().user("bob@example.com").await.is_some() {
        w.sandbox().remove_user(id).await;
    }
    w.sandbox().answered().await
}

fn set(calls: &[&[&str]]) -> BTreeSet<String> {
    calls.concat().into_iter().map(str::to_owned).collect()
}

async fn every_api_operation_is_used(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    assert_eq!(requests_of_lifecycle(&mut w).await, set(&[&BOTH, &V1]));
    assert_eq!(grants(&w).await, ["client_credentials", "password"]);
    w.destroy().await;
}

async fn every_legacy_api_operation_is_used(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    assert_eq!(requests_of_lifecycle(&mut w).await, set(&[&BOTH, &GUIDE]));
    assert_eq!(grants(&w).await, ["client_credentials", "password"]);
    w.destroy().await;
}

/// Returns the OAuth 2.0 grant types that the provider used.
async fn grants(w: &TestEnv) -> Vec<String> {
    let requests = w.sandbox().requests().await;
    let grants = requests.iter().filter_map(|r| r.body["grant_type"].as_str());
    grants.map(str::to_owned).collect::<BTreeSet<_>>().into_iter().collect()
}
