//! The older guide's form of the API.

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::{Dialect, Options};

async fn guide() -> Bench {
    Bench::with(Options { dialect: Dialect::Guide, ..Options::default() }).await
}

#[tokio::test]
async fn legacy_api_returns_router_404_for_new_operations() {
    let bench = guide().await;
    let ada = bench.user("ada@x.org").await;
    bench.token(&ada).await;
    let token = bench.tokens(&ada).await[0]["id"].as_str().unwrap().to_owned();
    for (method, path) in [
        ("GET", "users".to_owned()),
        ("GET", format!("users/{ada}/tokens")),
        ("DELETE", format!("users/{ada}/tokens/{token}")),
    ] {
        let answer = bench.api(method, &path, Value::Null).await;
        assert!(answer.status == 404 && answer.is_page(), "{method} {path}: {answer:?}");
    }
    assert_eq!(bench.tokens(&ada).await[0]["revoked"], false);
}

#[tokio::test]
async fn legacy_service_account_list_has_no_envelope() {
    let bench = guide().await;
    let one = bench.api("GET", "service-accounts", Value::Null).await.json;
    assert_eq!((&one["name"], &one["org_id"]), (&json!("configured"), &json!("sandbox")));
    bench.api("POST", "service-accounts", json!({"name": "ci"})).await;
    let two = bench.api("GET", "service-accounts", Value::Null).await.json;
    assert_eq!(two.as_array().unwrap().len(), 2);
    for account in two.as_array().unwrap() {
        let path = format!("service-accounts/{}", account["client_id"].as_str().unwrap());
        assert_eq!(bench.api("DELETE", &path, Value::Null).await.status, 204);
    }
    assert_eq!(bench.api("GET", "service-accounts", Value::Null).await.json, json!([]));
}

#[tokio::test]
async fn legacy_api_supports_all_guide_operations() {
    let bench = guide().await;
    let ada = bench.user("ada@x.org").await;
    let seats = format!("users/{ada}/seats");
    let token = format!("users/{ada}/token");
    assert_eq!(bench.api("POST", &seats, Value::Null).await.status, 201);

    let body = json!({"expires_at": "2098-01-01T00:00:00+00:00"});
    let issued = bench.api("POST", &token, body).await;
    assert_eq!((issued.status, &issued.json["expires_at"]), (200, &Value::Null));
    assert!(issued.json["token"].is_string());

    let synced = bench.api("PATCH", &token, Value::Null).await;
    assert_eq!((synced.status, synced.text.as_str()), (200, ""));
    assert_eq!(bench.tokens(&ada).await[0]["expires_at"], "2099-12-31T00:00:00+00:00");

    assert_eq!(bench.api("DELETE", &token, Value::Null).await.status, 204);
    assert_eq!(bench.api("DELETE", &seats, Value::Null).await.status, 204);
    assert_eq!(bench.api("DELETE", &format!("users/{ada}"), Value::Null).await.status, 204);

    let body = json!({"user_emails": ["bob@x.org"]});
    let onboarded = bench.api("POST", "users_auto_registration", body).await;
    assert_eq!(onboarded.json["users_in_onboarding_process"], json!(["bob@x.org"]));
}

#[tokio::test]
async fn legacy_api_validates_and_ignores_v1_fields() {
    let bench = guide().await;
    let ada = bench.user("ada@x.org").await;
    let path = format!("users/{ada}/token");
    let end = "2098-01-01T00:00:00Z";
    let body =
        json!({"expires_at": end, "expiration_tolerance_months": 6, "send_token_email": false});
    assert_eq!(bench.api("POST", &path, body).await.status, 200);
    let token = &bench.tokens(&ada).await[0];
    assert!(token["tolerance_months"] == 0 && token["emailed"] == true);
    let unknown = bench.api("POST", &path, json!({"expires_at": end, "x": 1})).await;
    assert_eq!(unknown.problems(), ["body.x"]);
}

#[tokio::test]
async fn legacy_patch_with_body_behaves_as_v1() {
    let bench = guide().await;
    let ada = bench.user("ada@x.org").await;
    bench.token(&ada).await;
    let path = format!("users/{ada}/token");
    let body = json!({"expires_at": "2097-01-01T00:00:00Z"});
    assert_eq!(bench.api("PATCH", &path, body).await.status, 200);
    assert_eq!(bench.tokens(&ada).await[0]["expires_at"], "2097-01-01T00:00:00+00:00");
}

#[tokio::test]
async fn dialect_can_change_at_run_time() {
    let bench = guide().await;
    assert_eq!(bench.state().await["dialect"], "guide");
    bench.settings(json!({"dialect": "v1"})).await;
    assert_eq!(bench.api("GET", "users", Value::Null).await.status, 200);
    assert_eq!(bench.state().await["dialect"], "v1");
}
