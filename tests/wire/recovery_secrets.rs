//! Creates of tokens and service accounts whose response with the secret is lost. The fault matrix
//! covers retries of unprocessed requests.

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::proxy::{Fault, FaultProxy};
use crate::recovery::{behind, count, try_to_create};
use crate::session::{Session, errors};

const TOKEN: &str = "anaconda_token";
const ACCOUNT: &str = "anaconda_service_account";

async fn live(organization: &Organization) -> Vec<String> {
    let user = organization.user("grace@example.com").await.unwrap();
    let tokens = user["tokens"].as_array().unwrap().iter();
    let live = tokens.filter(|token| token["live"] == true);
    live.map(|token| token["id"].as_str().unwrap().to_owned()).collect()
}

/// Returns the IDs and names of the service accounts, as the API lists them.
async fn accounts(organization: &Organization) -> Vec<Value> {
    let state = organization.call("GET", "state", Value::Null).await;
    state["service_accounts"].as_array().unwrap().clone()
}

async fn works(organization: &Organization, secret: &Value) -> bool {
    let secrets = organization.call("GET", "secrets", Value::Null).await;
    secret.is_string() && secrets.as_array().unwrap().contains(secret)
}

#[tokio::test]
async fn provably_own_token_is_revoked_and_issued_again() {
    let end = "2090-01-31T00:00:00Z";
    let cases = [
        (Fault::Garble, json!({"expires_at": end})),
        (Fault::LoseAnswer, json!({"expires_at": end, "revoke_existing": true})),
        (Fault::LoseAnswer, json!({"sync_with_subscription": true})),
    ];
    for (fault, mut given) in cases {
        let organization = Organization::start().await;
        given["user_id"] = organization.add_user("grace@example.com").await.into();
        let proxy = FaultProxy::start(&organization.url()).await;
        proxy.inject("POST /api/v1/*/token", [fault, Fault::Pass]);
        let state = try_to_create(&behind(&proxy, 1).await, TOKEN, &given).await.ok();
        assert_eq!(live(&organization).await, [state["id"].as_str().unwrap()], "{given}");
        assert!(works(&organization, &state["token"]).await, "{given}");
        assert_eq!((count(&proxy, "POST /api/v1/", "/token"), count(&proxy, "DELETE", "")), (2, 1));
    }
}

#[tokio::test]
async fn possibly_own_token_is_kept_and_replaced_next() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST /api/v1/*/token", [Fault::LoseAnswer]);
    let session = behind(&proxy, 1).await;
    let given = json!({"user_id": grace, "expires_at": "2090-01-31T00:00:00Z"});
    let outcome = try_to_create(&session, TOKEN, &given).await;
    let kept = outcome.state;
    let told = errors(&outcome.diagnostics)[0].clone();
    assert!(told.detail.contains("terraform state rm"), "{told:?}");
    assert_eq!(live(&organization).await, [kept["id"].as_str().unwrap()]);
    assert_eq!((&kept["token"], &kept["expires_at"]), (&Value::Null, &given["expires_at"]));
    assert_eq!(count(&proxy, "DELETE", ""), 0);
    proxy.clear_faults();
    session.delete(TOKEN, &kept).await.ok();
    let state = behind(&proxy, 1).await.create(TOKEN, &given).await;
    assert_eq!(live(&organization).await, [state["id"].as_str().unwrap()]);
}

#[tokio::test]
async fn unlistable_token_with_lost_response_is_error() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST /api/v1/*/token", [Fault::LoseAnswer]);
    proxy.inject("GET *tokens", [Fault::Pass, Fault::Answer(500, "")]);
    let given = json!({"user_id": grace, "expires_at": "2090-01-31T00:00:00Z"});
    let outcome = try_to_create(&behind(&proxy, 0).await, TOKEN, &given).await;
    let told = errors(&outcome.diagnostics)[0].clone();
    assert!(told.detail.contains("might exist"), "{told:?}");
    assert_eq!(live(&organization).await.len(), 1, "nothing is revoked that nobody saw");
    // As the message announced, the next apply names the token.
    let again = try_to_create(&Session::with(&organization).await, TOKEN, &given).await;
    let token = &live(&organization).await[0];
    assert!(errors(&again.diagnostics)[0].detail.contains(token), "{again:?}");
}

#[tokio::test]
async fn revocation_conflict_requires_list_confirmation() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = behind(&proxy, 0).await;
    let user = session.import("anaconda_user", &grace).await.unwrap();
    let given = json!({"user_id": grace, "expires_at": "2090-01-31T00:00:00Z"});
    let token = session.create(TOKEN, &given).await;
    proxy.inject("DELETE *", [Fault::Answer(409, "")]);
    for (name, state) in [(TOKEN, &token), ("anaconda_user", &user)] {
        let outcome = session.delete(name, state).await;
        assert_eq!((errors(&outcome.diagnostics).len(), &outcome.state), (1, state), "{name}");
    }
    proxy.clear_faults();
    let elsewhere = Session::with(&organization).await;
    elsewhere.delete(TOKEN, &token).await.ok();
    proxy.inject("DELETE *", [Fault::Answer(409, "")]);
    session.delete(TOKEN, &token).await.ok();
}

#[tokio::test]
async fn provably_own_account_is_deleted_and_created_again() {
    let cases = [
        (Fault::Garble, json!({"name": "ci"})),
        (Fault::Garble, json!({"name_prefix": "ci-"})),
        (Fault::LoseAnswer, json!({"name_prefix": "ci-"})),
    ];
    for (fault, given) in cases {
        let organization = Organization::start().await;
        let before = accounts(&organization).await.len();
        let proxy = FaultProxy::start(&organization.url()).await;
        proxy.inject("POST *service-accounts", [fault, Fault::Pass]);
        let state = try_to_create(&behind(&proxy, 1).await, ACCOUNT, &given).await.ok();
        assert!(works(&organization, &state["client_secret"]).await, "{given}");
        let after = accounts(&organization).await;
        assert_eq!(after.len(), before + 1, "{given}");
        assert!(after.iter().any(|it| it["client_id"] == state["client_id"]), "{after:?}");
        assert_eq!(count(&proxy, "DELETE", ""), 1, "{given}");
    }
}

#[tokio::test]
async fn possibly_own_account_is_kept_and_replaced_next() {
    let organization = Organization::start().await;
    let before = accounts(&organization).await.len();
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST *service-accounts", [Fault::LoseAnswer]);
    let session = behind(&proxy, 1).await;
    let outcome = try_to_create(&session, ACCOUNT, &json!({"name": "ci"})).await;
    let kept = outcome.state;
    let told = errors(&outcome.diagnostics)[0].clone();
    assert!(told.detail.contains("terraform state rm"), "{told:?}");
    assert_eq!((&kept["name"], &kept["client_secret"]), (&json!("ci"), &Value::Null));
    assert_eq!(count(&proxy, "DELETE", ""), 0);
    proxy.clear_faults();
    session.delete(ACCOUNT, &kept).await.ok();
    assert_eq!(accounts(&organization).await.len(), before);
    behind(&proxy, 1).await.create(ACCOUNT, &json!({"name": "ci"})).await;
}

#[tokio::test]
async fn unlistable_account_with_lost_response_is_error() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST *service-accounts", [Fault::LoseAnswer]);
    for given in [json!({"name": "ci"}), json!({"name_prefix": "ci-"})] {
        proxy.inject("GET *service-accounts", [Fault::Pass, Fault::Answer(500, "")]);
        let outcome = try_to_create(&behind(&proxy, 0).await, ACCOUNT, &given).await;
        let told = errors(&outcome.diagnostics)[0].clone();
        assert!(told.detail.contains("its client secret is lost"), "{told:?}");
        assert_eq!(outcome.state, Value::Null);
    }
    assert_eq!(count(&proxy, "DELETE", ""), 0);
}
