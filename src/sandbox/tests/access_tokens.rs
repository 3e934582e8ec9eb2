//! Who may do what: grants, bearers and their lives.

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::Options;

const USER: &str = "users/00000000-0000-4000-8000-000000000000";

/// Every operation, with whether it is the admin's.
fn operations() -> Vec<(&'static str, String, bool)> {
    vec![
        ("POST", "service-accounts".into(), true),
        ("GET", "service-accounts".into(), true),
        ("DELETE", "service-accounts/x".into(), true),
        ("POST", "users_auto_registration".into(), false),
        ("POST", "users".into(), false),
        ("GET", "users".into(), false),
        ("DELETE", USER.into(), false),
        ("POST", format!("{USER}/seats"), false),
        ("DELETE", format!("{USER}/seats"), false),
        ("POST", format!("{USER}/token"), false),
        ("PATCH", format!("{USER}/token"), false),
        ("DELETE", format!("{USER}/token"), false),
        ("GET", format!("{USER}/tokens"), false),
        ("DELETE", format!("{USER}/tokens/00000000-0000-4000-8000-000000000000"), false),
    ]
}

#[tokio::test]
async fn each_operation_requires_its_own_credentials() {
    let bench = Bench::new().await;
    for (method, path, is_admins) in operations() {
        let path = format!("/api/v1/organizations/sandbox/{path}");
        let (right, wrong) =
            if is_admins { (&bench.admin, &bench.account) } else { (&bench.account, &bench.admin) };
        let answer = bench.send((method, &path), Some(wrong), None).await;
        assert_eq!(answer.status, 403, "{method} {path}");
        assert!(answer.error().contains("grant"), "{answer:?}");
        let answer = bench.send((method, &path), Some(right), None).await;
        assert!(![401, 403].contains(&answer.status), "{method} {path}: {answer:?}");
        for bearer in [None, Some("unknown")] {
            let answer = bench.send((method, &path), bearer, None).await;
            assert_eq!(answer.status, 401, "{method} {path}");
            assert!(!answer.error().is_empty());
        }
    }
}

#[tokio::test]
async fn unknown_organization_returns_documented_404() {
    let bench = Bench::new().await;
    for (method, path, is_admins) in operations() {
        let path = format!("/api/v1/organizations/other/{path}");
        let bearer = if is_admins { &bench.admin } else { &bench.account };
        let answer = bench.send((method, &path), Some(bearer), None).await;
        assert_eq!(answer.refusal(), (404, "Organization not found"), "{method} {path}");
    }
}

#[tokio::test]
async fn access_token_expires_after_900_seconds() {
    let bench = Bench::new().await;
    bench.settings(json!({"now": "2026-06-01T00:00:00Z"})).await;
    let options = Options::default();
    let form = [
        ("grant_type", "client_credentials"),
        ("client_id", options.client_id.as_str()),
        ("client_secret", options.client_secret.as_str()),
    ];
    let answer = bench.sign_in(&form).await;
    assert_eq!(
        (&answer.json["token_type"], &answer.json["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );
    let bearer = answer.json["access_token"].as_str().unwrap();
    let list = async || {
        let path = "/api/v1/organizations/sandbox/users";
        bench.send(("GET", path), Some(bearer), None).await.status
    };
    bench.settings(json!({"now": "2026-06-01T00:14:00Z"})).await;
    assert_eq!(list().await, 200);
    bench.settings(json!({"now": "2026-06-01T00:15:01Z"})).await;
    assert_eq!(list().await, 401);
}

#[tokio::test]
async fn access_token_lifetime_is_configurable() {
    let bench = Bench::new().await;
    bench.settings(json!({"bearer_lifetime_seconds": 5, "now": "2026-06-01T00:00:00Z"})).await;
    let bearer = bench.sign_in_admin().await;
    bench.settings(json!({"now": "2026-06-01T00:00:06Z"})).await;
    let path = "/api/v1/organizations/sandbox/service-accounts";
    assert_eq!(bench.send(("GET", path), Some(&bearer), None).await.status, 401);
}

#[tokio::test]
async fn deleted_service_account_loses_its_access_tokens() {
    let bench = Bench::new().await;
    let made = bench.api("POST", "service-accounts", json!({"name": "ci"})).await.json;
    let (id, secret) =
        (made["client_id"].as_str().unwrap(), made["client_secret"].as_str().unwrap());
    let bearer = bench.sign_in_account(id, secret).await;
    let path = "/api/v1/organizations/sandbox/users";
    assert_eq!(bench.send(("GET", path), Some(&bearer), None).await.status, 200);

    bench.api("DELETE", &format!("service-accounts/{id}"), Value::Null).await;
    assert_eq!(bench.send(("GET", path), Some(&bearer), None).await.status, 401);
    let form = [("grant_type", "client_credentials"), ("client_id", id), ("client_secret", secret)];
    let answer = bench.sign_in(&form).await;
    assert_eq!((answer.status, &answer.json["error"]), (401, &json!("invalid_client")));
}

#[tokio::test]
async fn token_endpoint_errors_follow_rfc_6749() {
    let bench = Bench::new().await;
    for (form, status, error) in [
        (
            vec![("grant_type", "password"), ("username", "admin@example.com"), ("password", "x")],
            400,
            "invalid_grant",
        ),
        (
            vec![
                ("grant_type", "password"),
                ("username", "x@x.org"),
                ("password", "sandbox-admin-password"),
            ],
            400,
            "invalid_grant",
        ),
        (
            vec![("grant_type", "password"), ("username", "admin@example.com")],
            400,
            "invalid_request",
        ),
        (
            vec![("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "y")],
            401,
            "invalid_client",
        ),
        (
            vec![("grant_type", "client_credentials"), ("client_id", "x"), ("client_secret", "")],
            400,
            "invalid_request",
        ),
        (vec![("grant_type", "implicit")], 400, "unsupported_grant_type"),
        (vec![("username", "x")], 400, "invalid_request"),
        (vec![("grant_type", "password"), ("grant_type", "password")], 400, "invalid_request"),
    ] {
        let answer = bench.sign_in(&form).await;
        assert_eq!(
            (answer.status, answer.json["error"].as_str()),
            (status, Some(error)),
            "{form:?}"
        );
        assert!(answer.json["error_description"].is_string());
    }
}

#[tokio::test]
async fn token_endpoint_requires_form_in_body() {
    let bench = Bench::new().await;
    let json = json!({"grant_type": "password", "username": "admin@example.com"});
    let answer = bench.send(("POST", "/api/iam/token"), None, Some(&json)).await;
    assert_eq!((answer.status, &answer.json["error"]), (400, &json!("invalid_request")));
    let url = format!("{}/api/iam/token?grant_type=password", bench.sandbox.url());
    let answer = bench.http.post(url).form(&[("grant_type", "password")]).send().await.unwrap();
    assert_eq!(answer.status(), 400);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    assert_eq!(bench.send(("GET", "/api/iam/token"), None, None).await.status, 405);
}
