//! The sandbox's own paths.

use serde_json::{Value, json};

use super::Bench;

const END: &str = "2098-01-01T00:00:00Z";

#[tokio::test]
async fn state_request_returns_whole_organization() {
    let bench = Bench::new().await;
    let state = bench.state().await;
    let admin = json!({
        "id": state["users"][0]["id"], "email": "admin@example.com", "first_name": null,
        "last_name": null, "role": "admin", "managed": false, "seat": false, "tokens": [],
    });
    let account =
        json!({"name": "configured", "client_id": "5a9db0c5-0000-4000-8000-000000000001"});
    let expected = json!({
        "organization": "sandbox", "dialect": "v1", "seats": {"total": 10, "used": 0},
        "subscription_end": "2099-12-31T00:00:00+00:00", "users": [admin],
        "service_accounts": [account], "onboarding": [], "accounts": [], "never_arrive": [],
        "mails": [],
    });
    assert_eq!(state, expected);
}

#[tokio::test]
async fn admin_interface_adds_changes_and_removes_users() {
    let bench = Bench::new().await;
    let body = json!({"email": "Ada@x.org", "role": "billing_manager", "seat": true});
    let ada = bench.own("POST", "users", body).await;
    assert_eq!(ada.status, 200, "{ada:?}");
    assert_eq!(ada.json, bench.state().await["users"][1]);
    assert!(ada.json["seat"] == true && ada.json["role"] == "billing_manager");
    let path = format!("users/{}", ada.json["id"].as_str().unwrap());

    let body = json!({"seat": false, "first_name": "Ada", "email": null});
    let changed = bench.own("PATCH", &path, body).await.json;
    assert!(changed["managed"] == true && changed["seat"] == false);
    assert_eq!(changed["role"], "billing_manager");
    assert_eq!(bench.state().await["seats"]["used"], 0);

    assert_eq!(bench.own("DELETE", &path, Value::Null).await.status, 200);
    let again = bench.own("DELETE", &path, Value::Null).await;
    assert_eq!(again.refusal(), (404, "User not found"));
    let bad = bench.own("POST", "users", json!({"role": "king", "mail": "a@b.co"})).await;
    assert_eq!(bad.problems(), ["body.role", "body.mail"]);
}

#[tokio::test]
async fn admin_interface_issues_changes_and_revokes_tokens() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    let tokens = format!("users/{ada}/tokens");
    let issued = bench.own("POST", &tokens, json!({"expires_at": END})).await.json;
    let token = format!("{tokens}/{}", issued["id"].as_str().unwrap());

    let expiry = json!({"expires_at": "2097-01-01T00:00:00Z"});
    assert_eq!(bench.own("PATCH", &token, expiry).await.status, 200);
    assert_eq!(bench.tokens(&ada).await[0]["expires_at"], "2097-01-01T00:00:00+00:00");
    assert_eq!(bench.own("DELETE", &token, Value::Null).await.status, 200);
    assert_eq!(bench.tokens(&ada).await[0]["revoked"], true);
    let vanished = bench.own("DELETE", &format!("{token}?mode=vanish"), Value::Null).await;
    assert_eq!(vanished.status, 200);
    assert!(bench.tokens(&ada).await.is_empty());
    let unknown = bench.own("DELETE", &format!("{token}?mode=burn"), Value::Null).await;
    assert_eq!(unknown.problems(), ["query.mode"]);
}

#[tokio::test]
async fn admin_interface_adds_and_removes_service_accounts() {
    let bench = Bench::new().await;
    let made = bench.own("POST", "service-accounts", json!({"name": "by-hand"})).await.json;
    let client_id = made["client_id"].as_str().unwrap();
    assert_eq!(made, json!({"name": "by-hand", "client_id": client_id}));
    let listed = bench.api("GET", "service-accounts", Value::Null).await;
    assert_eq!(listed.json["items"][1]["name"], "by-hand");
    let path = format!("service-accounts/{client_id}");
    assert_eq!(bench.own("DELETE", &path, Value::Null).await.status, 200);
    assert_eq!(bench.own("DELETE", &path, Value::Null).await.status, 404);
}

#[tokio::test]
async fn settings_change_is_all_or_nothing() {
    let bench = Bench::new().await;
    let bad = bench.own("PATCH", "settings", json!({"seats": 3, "colour": "red"})).await;
    assert_eq!(bad.problems(), ["body.colour"]);
    assert_eq!(bench.state().await["seats"]["total"], 10);
    let settings = json!({
        "seats": 3, "subscription_end": END, "accounts": ["A@x.org"], "never_arrive": ["b@x.org"],
    });
    bench.settings(settings).await;
    let state = bench.state().await;
    assert_eq!(state["seats"]["total"], 3);
    assert_eq!(state["subscription_end"], "2098-01-01T00:00:00+00:00");
    assert_eq!(
        (&state["accounts"], &state["never_arrive"]),
        (&json!(["a@x.org"]), &json!(["b@x.org"]))
    );
}

#[tokio::test]
async fn clock_setting_returns_to_real_time() {
    let bench = Bench::new().await;
    bench.settings(json!({"now": "2098-06-01T00:00:00Z"})).await;
    let old = bench.account.clone();
    let path = "/api/v1/organizations/sandbox/users";
    assert_eq!(bench.send(("GET", path), Some(&old), None).await.status, 401);
    bench.settings(json!({"now": null})).await;
    assert_eq!(bench.send(("GET", path), Some(&old), None).await.status, 200);
}

#[tokio::test]
async fn requests_are_listed_without_secrets_and_admin_requests() {
    let bench = Bench::new().await;
    bench.own("DELETE", "requests", Value::Null).await;
    bench.sign_in_admin().await;
    let ada = bench.user("ada@x.org").await;
    bench
        .api("POST", &format!("users/{ada}/seats?send_seat_assigned_email=false"), Value::Null)
        .await;
    bench.api("GET", "service-accounts", Value::Null).await;
    bench.send(("GET", "/nowhere"), Some("unknown"), None).await;
    bench.state().await;
    let users = "/api/v1/organizations/sandbox/users";
    let expected = json!([
        {"n": 1, "method": "POST", "path": "/api/iam/token", "query": "", "status": 200, "grant": "admin",
         "body": {"grant_type": "password", "username": "admin@example.com", "password": "***"}},
        {"n": 2, "method": "POST", "path": users, "query": "", "status": 200, "grant": "service_account",
         "body": {"email": "ada@x.org"}},
        {"n": 3, "method": "POST", "path": format!("{users}/{ada}/seats"), "query": "send_seat_assigned_email=false",
         "status": 201, "grant": "service_account", "body": null},
        {"n": 4, "method": "GET", "path": "/api/v1/organizations/sandbox/service-accounts", "query": "",
         "status": 200, "grant": "admin", "body": null},
        {"n": 5, "method": "GET", "path": "/nowhere", "query": "", "status": 404, "grant": "none", "body": null},
    ]);
    assert_eq!(bench.own("GET", "requests", Value::Null).await.json, expected);
    bench.own("DELETE", "requests", Value::Null).await;
    assert_eq!(bench.own("GET", "requests", Value::Null).await.json, json!([]));
}

#[tokio::test]
async fn secrets_appear_only_in_secrets_list() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    let body = json!({"expires_at": END});
    let token = bench.api("POST", &format!("users/{ada}/token"), body).await.json["token"].clone();
    let made = bench.api("POST", "service-accounts", json!({"name": "ci"})).await.json;
    let secrets = bench.own("GET", "secrets", Value::Null).await.json;
    let secrets: Vec<&str> =
        secrets.as_array().unwrap().iter().map(|secret| secret.as_str().unwrap()).collect();
    for secret in [
        token.as_str().unwrap(),
        made["client_secret"].as_str().unwrap(),
        &bench.account,
        &bench.admin,
        "sandbox-client-secret",
        "sandbox-admin-password",
    ] {
        assert!(secrets.contains(&secret), "{secret}");
    }
    let mut elsewhere = bench.state().await.to_string();
    elsewhere += &bench.own("GET", "requests", Value::Null).await.text;
    elsewhere += &bench.api("GET", "service-accounts", Value::Null).await.text;
    elsewhere += &bench.api("GET", &format!("users/{ada}/tokens"), Value::Null).await.text;
    assert!(secrets.iter().all(|secret| !elsewhere.contains(secret)), "{elsewhere}");
}

#[tokio::test]
async fn reset_keeps_admin_and_configured_account() {
    let bench = Bench::new().await;
    bench.user("ada@x.org").await;
    let path = "service-accounts/5a9db0c5-0000-4000-8000-000000000001";
    bench.api("DELETE", path, Value::Null).await;
    bench.settings(json!({"seats": 3})).await;
    assert_eq!(bench.own("POST", "reset", Value::Null).await.status, 200);
    let state = bench.state().await;
    assert_eq!(state["users"].as_array().unwrap().len(), 1);
    assert_eq!(state["service_accounts"].as_array().unwrap().len(), 1);
    assert_eq!(state["seats"]["total"], 3, "settings stay");
    assert_eq!(bench.api("GET", "service-accounts", Value::Null).await.status, 401);
    bench.sign_in_account("5a9db0c5-0000-4000-8000-000000000001", "sandbox-client-secret").await;
}
