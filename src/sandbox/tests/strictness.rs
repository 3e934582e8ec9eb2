//! What is refused: anything the OpenAPI document does not have.

use serde_json::{Value, json};

use super::Bench;

const USER: &str = "users/00000000-0000-4000-8000-000000000000";

#[tokio::test]
async fn unknown_and_mistyped_fields_are_named() {
    let bench = Bench::new().await;
    let token = format!("{USER}/token");
    for (method, path, body, problems) in [
        ("POST", "service-accounts", json!({}), vec!["body.name"]),
        ("POST", "service-accounts", json!({"name": null}), vec!["body.name"]),
        ("POST", "service-accounts", json!({"name": ""}), vec!["body.name"]),
        ("POST", "service-accounts", json!({"name": "Upper"}), vec!["body.name"]),
        ("POST", "service-accounts", json!({"name": "a".repeat(65)}), vec!["body.name"]),
        ("POST", "service-accounts", json!({"name": "a", "x": 1}), vec!["body.x"]),
        ("POST", "users", json!({"email": "no"}), vec!["body.email"]),
        ("POST", "users", json!({"email": ""}), vec!["body.email"]),
        ("POST", "users", json!({"first_name": 1}), vec!["body.first_name"]),
        ("POST", "users", json!({"role": "admin"}), vec!["body.role"]),
        ("POST", "users_auto_registration", json!({}), vec!["body.user_emails"]),
        (
            "POST",
            "users_auto_registration",
            json!({"user_emails": "a@b.co"}),
            vec!["body.user_emails"],
        ),
        (
            "POST",
            "users_auto_registration",
            json!({"user_emails": ["a@b.co", "b"]}),
            vec!["body.user_emails.1"],
        ),
        ("POST", &token, json!({}), vec!["body.expires_at"]),
        ("POST", &token, json!({"expires_at": null}), vec!["body.expires_at"]),
        ("POST", &token, json!({"expires_at": "2026-12-31"}), vec!["body.expires_at"]),
        ("POST", &token, json!({"expires_at": "2026-12-31T00:00:00"}), vec!["body.expires_at"]),
        (
            "POST",
            &token,
            json!({"expires_at": "2026-12-31T00:00:00Z", "expiration_tolerance_months": "1", "send_token_email": null}),
            vec!["body.expiration_tolerance_months", "body.send_token_email"],
        ),
        (
            "POST",
            &token,
            json!({"expires_at": "2026-12-31T00:00:00Z", "is_renewal": true}),
            vec!["body.is_renewal"],
        ),
        ("PATCH", &token, json!({"is_renewal": "yes"}), vec!["body.is_renewal"]),
        ("PATCH", &token, json!({"send_token_email": false}), vec!["body.send_token_email"]),
        ("PATCH", &token, json!({"expires_at": 1_767_139_200}), vec!["body.expires_at"]),
    ] {
        let answer = bench.api(method, path, body.clone()).await;
        assert_eq!(answer.problems(), problems, "{method} {path} {body}");
    }
}

#[tokio::test]
async fn bodies_require_json_object_and_content_type() {
    let bench = Bench::new().await;
    let url = format!("{}/api/v1/organizations/sandbox/users", bench.sandbox.url());
    for (content_type, body) in [
        ("application/json", ""),
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", "null"),
        ("text/plain", "{}"),
        ("application/x-www-form-urlencoded", "email=a%40b.co"),
    ] {
        let request = bench.http.post(&url).bearer_auth(&bench.account);
        let answer = request.header("content-type", content_type).body(body).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{content_type} {body}");
    }
    let request = bench.http.post(&url).bearer_auth(&bench.account);
    let request = request.header("content-type", "application/json; charset=utf-8").body("{}");
    assert_eq!(request.send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn v1_token_update_requires_body() {
    let bench = Bench::new().await;
    let answer = bench.api("PATCH", &format!("{USER}/token"), Value::Null).await;
    assert_eq!(answer.problems(), ["body"]);
}

#[tokio::test]
async fn operations_without_body_reject_one() {
    let bench = Bench::new().await;
    let seats = format!("{USER}/seats");
    for (method, path) in [("POST", seats.as_str()), ("DELETE", USER), ("GET", "users")] {
        let answer = bench.api(method, path, json!({})).await;
        assert_eq!(answer.problems(), ["body"], "{method} {path}");
    }
}

#[tokio::test]
async fn query_accepts_known_booleans_once() {
    let bench = Bench::new().await;
    let seats = format!("{USER}/seats");
    for (method, path, problem) in [
        ("GET", "users?include_groups=1", "query.include_groups"),
        ("GET", "users?include_groups", "query.include_groups"),
        ("GET", "users?page=2", "query.page"),
        ("GET", "users?include_groups=true&include_groups=true", "query.include_groups"),
        ("GET", "users?include_groups=%zz", "query"),
        ("GET", "service-accounts?limit=5", "query.limit"),
        ("POST", &format!("{seats}?send_seat_assigned_email=no"), "query.send_seat_assigned_email"),
        ("DELETE", &format!("{seats}?force=true"), "query.force"),
    ] {
        let answer = bench.api(method, path, Value::Null).await;
        assert_eq!(answer.problems(), [problem], "{method} {path}");
    }
}

#[tokio::test]
async fn user_and_token_ids_require_uuids() {
    let bench = Bench::new().await;
    for id in
        ["1", "me", "{00000000-0000-4000-8000-000000000000}", "00000000000040008000000000000000"]
    {
        for (method, path) in
            [("DELETE", ""), ("POST", "/seats"), ("GET", "/tokens"), ("DELETE", "/token")]
        {
            let answer = bench.api(method, &format!("users/{id}{path}"), Value::Null).await;
            assert_eq!(answer.problems(), ["path.user_id"], "{method} {id}{path}");
        }
        let answer = bench.api("DELETE", &format!("{USER}/tokens/{id}"), Value::Null).await;
        assert_eq!(answer.problems(), ["path.token_id"], "{id}");
    }
}

#[tokio::test]
async fn unknown_paths_and_methods_return_router_errors() {
    let bench = Bench::new().await;
    for (method, path, status) in [
        ("GET", "users/", 404),
        ("GET", "user", 404),
        ("PUT", "users", 405),
        ("GET", USER, 405),
        ("PATCH", USER, 405),
        ("HEAD", "users", 405),
        ("POST", "service-accounts/x", 405),
    ] {
        let answer = bench.api(method, path, Value::Null).await;
        assert_eq!(answer.status, status, "{method} {path}");
        assert!(answer.json.is_null(), "{answer:?}");
    }
    assert_eq!(bench.send(("GET", "/api/v1"), None, None).await.status, 404);
    assert_eq!(bench.send(("GET", "/organizations/sandbox/users"), None, None).await.status, 404);
}

#[tokio::test]
async fn too_large_body_is_rejected() {
    let bench = Bench::new().await;
    let answer = bench.api("POST", "users", json!({"first_name": "x".repeat(5 << 20)})).await;
    assert_eq!(answer.status, 413);
}

#[tokio::test]
async fn ten_thousand_emails_fit_one_request() {
    let bench = Bench::new().await;
    bench.settings(json!({"seats": 20_000})).await;
    let emails: Vec<_> = (0..10_000).map(|n| format!("person-{n}@mail.example.com")).collect();
    let body = json!({"user_emails": emails});
    let answer = bench.api("POST", "users_auto_registration", body).await;
    assert_eq!(answer.json["available_organization_seats"], "10000");
    let listed = bench.api("GET", "users", Value::Null).await;
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 10_001);
}
