//! Every row of the endpoint table, in the dialect of the OpenAPI document.

use serde_json::{Value, json};

use super::Bench;

const NOBODY: &str = "00000000-0000-4000-8000-000000000000";
const END: &str = "2098-01-01T00:00:00Z";

#[tokio::test]
async fn service_accounts_are_created_listed_and_deleted() {
    let bench = Bench::new().await;
    let created = bench.api("POST", "service-accounts", json!({"name": "ci_1-x"})).await;
    assert_eq!(created.status, 200);
    let keys: Vec<_> = created.json.as_object().unwrap().keys().collect();
    assert_eq!(keys, ["client_id", "client_secret", "name", "org_id"]);
    let client_id = created.json["client_id"].as_str().unwrap();

    let listed = bench.api("GET", "service-accounts", Value::Null).await;
    let expected = json!({"name": "ci_1-x", "client_id": client_id, "org_id": "sandbox"});
    assert_eq!(listed.json["items"][1], expected);

    let path = format!("service-accounts/{client_id}");
    let deleted = bench.api("DELETE", &path, Value::Null).await;
    assert_eq!((deleted.status, deleted.text.as_str()), (204, ""));
    let again = bench.api("DELETE", &path, Value::Null).await;
    assert_eq!(again.refusal(), (404, "Service account not found"));
}

#[tokio::test]
async fn users_are_added_listed_and_removed() {
    let bench = Bench::new().await;
    let body = json!({"email": "Ada@Example.com", "first_name": "Ada"});
    let added = bench.api("POST", "users", body).await;
    assert_eq!(added.status, 200);
    let id = added.json["id"].as_str().unwrap();
    let expected =
        json!({"id": id, "email": "ada@example.com", "first_name": "Ada", "last_name": null});
    assert_eq!(added.json, expected);

    let listed = bench.api("GET", "users", Value::Null).await;
    let expected = json!({
        "id": id, "email": "ada@example.com", "first_name": "Ada", "last_name": null,
        "role": "member", "subscriptions": [], "groups": null,
    });
    assert_eq!(listed.json["items"][0]["role"], "admin");
    assert_eq!(listed.json["items"][1], expected);
    let with_groups = bench.api("GET", "users?include_groups=true", Value::Null).await;
    assert_eq!(with_groups.json["items"][1]["groups"], json!([]));

    let again = bench.api("POST", "users", json!({"email": "ADA@example.com"})).await;
    assert_eq!(again.status, 409);
    assert!(again.error().contains("already a member"));

    assert_eq!(bench.api("DELETE", &format!("users/{id}"), Value::Null).await.status, 204);
    let again = bench.api("DELETE", &format!("users/{id}"), Value::Null).await;
    assert_eq!(again.refusal(), (404, "User not found"));
}

#[tokio::test]
async fn managed_users_show_email_only_in_list() {
    let bench = Bench::new().await;
    for body in [json!({}), json!({"email": null, "first_name": null, "last_name": null})] {
        let added = bench.api("POST", "users", body).await;
        assert_eq!((added.status, &added.json["email"]), (200, &Value::Null));
        let id = added.json["id"].as_str().unwrap();
        let listed = bench.api("GET", "users", Value::Null).await;
        let items = listed.json["items"].as_array().unwrap();
        let user = items.iter().find(|user| user["id"] == id).unwrap();
        assert_eq!(user["email"], format!("{id}@managed.invalid"));
    }
}

#[tokio::test]
async fn last_admin_removal_is_rejected() {
    let bench = Bench::new().await;
    let listed = bench.api("GET", "users", Value::Null).await;
    let admin = listed.json["items"][0]["id"].as_str().unwrap();
    let removed = bench.api("DELETE", &format!("users/{admin}"), Value::Null).await;
    assert_eq!(removed.status, 409);
    assert!(removed.error().contains("last admin"));
}

#[tokio::test]
async fn seats_are_assigned_and_unassigned() {
    let bench = Bench::new().await;
    bench.settings(json!({"seats": 1})).await;
    let (ada, bob) = (bench.user("ada@x.org").await, bench.user("bob@x.org").await);
    let seat = |user: &str| format!("users/{user}/seats");

    let assigned = bench.api("POST", &seat(&ada), Value::Null).await;
    assert_eq!((assigned.status, assigned.text.as_str()), (201, ""));
    let listed = bench.api("GET", "users", Value::Null).await;
    assert_eq!(listed.json["items"][1]["subscriptions"], json!(["commercial_subscription"]));

    let again = bench.api("POST", &seat(&ada), Value::Null).await;
    assert_eq!(again.refusal(), (409, "A seat is already assigned to the user"));
    let none_free = bench.api("POST", &seat(&bob), Value::Null).await;
    let message = "No free seats remaining in the organization subscription";
    assert_eq!(none_free.refusal(), (402, message));
    let nobody = bench.api("POST", &seat(NOBODY), Value::Null).await;
    assert_eq!(nobody.refusal(), (404, "User not found"));

    assert_eq!(bench.api("DELETE", &seat(&ada), Value::Null).await.status, 204);
    let again = bench.api("DELETE", &seat(&ada), Value::Null).await;
    assert_eq!(again.refusal(), (404, "A seat is not currently assigned to the user"));
}

#[tokio::test]
async fn seat_mail_is_sent_unless_disabled() {
    let bench = Bench::new().await;
    for (email, query) in [
        ("a@x.org", ""),
        ("b@x.org", "?send_seat_assigned_email=false"),
        ("c@x.org", "?send_seat_assigned_email=true"),
    ] {
        let id = bench.user(email).await;
        let path = format!("users/{id}/seats{query}");
        assert_eq!(bench.api("POST", &path, Value::Null).await.status, 201);
    }
    let expected = json!([
        {"to": "a@x.org", "kind": "seat_assigned"},
        {"to": "c@x.org", "kind": "seat_assigned"},
    ]);
    assert_eq!(bench.state().await["mails"], expected);
}

#[tokio::test]
async fn tokens_are_issued_listed_and_revoked() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    let body =
        json!({"expires_at": END, "expiration_tolerance_months": 2, "send_token_email": false});
    let issued = bench.api("POST", &format!("users/{ada}/token"), body).await;
    assert_eq!(issued.status, 200);
    assert_eq!(issued.json["expires_at"], "2098-01-01T00:00:00+00:00");
    assert!(issued.json["token"].as_str().unwrap().starts_with("sbx_token_"));
    assert_eq!(issued.json.as_object().unwrap().len(), 2, "no id comes with it");

    let tokens = format!("users/{ada}/tokens");
    let listed = bench.api("GET", &tokens, Value::Null).await;
    let token = &listed.json["items"][0];
    assert_eq!(token["expires_at"], "2098-01-01T00:00:00+00:00");
    assert!(token["metadata"].is_object() && token["revoked"] == false);
    let state = bench.tokens(&ada).await;
    assert!(state[0]["tolerance_months"] == 2 && state[0]["emailed"] == false);

    let one = format!("{tokens}/{}", token["id"].as_str().unwrap());
    assert_eq!(bench.api("DELETE", &one, Value::Null).await.status, 204);
    let again = bench.api("DELETE", &one, Value::Null).await;
    assert_eq!(again.refusal(), (409, "The token is already revoked"));
    let listed = bench.api("GET", &tokens, Value::Null).await;
    assert_eq!(listed.json["items"][0]["revoked"], true);
    let unknown = bench.api("DELETE", &format!("{tokens}/{NOBODY}"), Value::Null).await;
    assert_eq!(unknown.refusal(), (404, "User token not found"));
}

#[tokio::test]
async fn second_token_revokes_first_unless_several_allowed() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    bench.token(&ada).await;
    bench.token(&ada).await;
    let live = |tokens: Vec<Value>| tokens.iter().map(|t| t["live"] == true).collect::<Vec<_>>();
    assert_eq!(live(bench.tokens(&ada).await), [false, true]);
    bench.settings(json!({"several_tokens": true})).await;
    bench.token(&ada).await;
    assert_eq!(live(bench.tokens(&ada).await), [false, true, true]);
}

#[tokio::test]
async fn active_token_gets_new_expiration() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    bench.token(&ada).await;
    let path = format!("users/{ada}/token");
    let expiry = async || bench.tokens(&ada).await[0]["expires_at"].clone();

    let patched = bench.api("PATCH", &path, json!({"expires_at": "2097-06-01T02:00:00+02:00"}));
    let patched = patched.await;
    assert_eq!((patched.status, patched.text.as_str()), (200, ""));
    assert_eq!(expiry().await, "2097-06-01T00:00:00+00:00");

    let renewed = json!({"is_renewal": true, "expires_at": END});
    assert_eq!(bench.api("PATCH", &path, renewed).await.status, 200);
    assert_eq!(expiry().await, "2099-12-31T00:00:00+00:00");

    let tolerance = json!({"expires_at": null, "expiration_tolerance_months": 3});
    assert_eq!(bench.api("PATCH", &path, tolerance).await.status, 200);
    assert_eq!(expiry().await, "2099-12-31T00:00:00+00:00");
    assert_eq!(bench.tokens(&ada).await[0]["tolerance_months"], 3);
}

#[tokio::test]
async fn active_token_is_revoked_without_id() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    bench.token(&ada).await;
    let path = format!("users/{ada}/token");
    assert_eq!(bench.api("DELETE", &path, Value::Null).await.status, 204);
    for (method, body) in [("DELETE", Value::Null), ("PATCH", json!({"is_renewal": true}))] {
        let answer = bench.api(method, &path, body).await;
        assert_eq!(answer.refusal(), (404, "User token not found"), "{method}");
    }
}

#[tokio::test]
async fn expired_token_is_not_active() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    bench.token(&ada).await;
    bench.settings(json!({"now": "2098-01-01T00:00:01Z"})).await;
    let token = &bench.tokens(&ada).await[0];
    assert!(token["live"] == false && token["revoked"] == false);
}

#[tokio::test]
async fn tokens_of_unknown_user_return_404() {
    let bench = Bench::new().await;
    for (method, path, body) in [
        ("GET", "tokens", Value::Null),
        ("POST", "token", json!({"expires_at": END})),
        ("PATCH", "token", json!({"expires_at": END})),
        ("DELETE", "token", Value::Null),
        ("DELETE", &format!("tokens/{NOBODY}"), Value::Null),
        ("DELETE", "seats", Value::Null),
    ] {
        let answer = bench.api(method, &format!("users/{NOBODY}/{path}"), body).await;
        assert_eq!(answer.refusal(), (404, "User not found"), "{method} {path}");
    }
}

#[tokio::test]
async fn onboarding_response_has_pending_users_and_text_counts() {
    let bench = Bench::new().await;
    bench.settings(json!({"seats": 2, "accounts": ["has@x.org"]})).await;
    let emails = ["Ada@x.org", "has@x.org", "admin@example.com", "bob@x.org", "eve@x.org"];
    let path = "users_auto_registration";
    let answer = bench.api("POST", path, json!({"user_emails": emails})).await;
    let expected = json!({
        "users_in_onboarding_process": ["Ada@x.org", "bob@x.org"],
        "users_unavailable_for_onboarding": ["has@x.org", "admin@example.com", "eve@x.org"],
        "total_organization_seats": "2",
        "available_organization_seats": "0",
    });
    assert_eq!((answer.status, answer.json), (200, expected));
    let listed = bench.api("GET", "users", Value::Null).await;
    assert_eq!(listed.json["items"][1]["email"], "ada@x.org");
    assert_eq!(listed.json["items"][1]["subscriptions"], json!(["commercial_subscription"]));
}

#[tokio::test]
async fn delayed_onboarding_follows_sandbox_clock() {
    let bench = Bench::new().await;
    let settings = json!({"onboarding_delay_seconds": 3600, "now": "2026-06-01T00:00:00Z"});
    bench.settings(settings).await;
    bench.settings(json!({"never_arrive": ["lost@x.org"]})).await;
    let body = json!({"user_emails": ["ada@x.org", "lost@x.org"]});
    let answer = bench.api("POST", "users_auto_registration", body).await;
    assert_eq!(answer.json["users_in_onboarding_process"], json!(["ada@x.org", "lost@x.org"]));
    let state = bench.state().await;
    assert_eq!(state["onboarding"].as_array().unwrap().len(), 2);
    assert_eq!(state["users"].as_array().unwrap().len(), 1);

    bench.settings(json!({"now": "2026-06-01T02:00:00Z"})).await;
    let state = bench.state().await;
    assert_eq!(state["onboarding"], json!([]));
    let users = state["users"].as_array().unwrap();
    assert_eq!((users.len(), &users[1]["email"]), (2, &json!("ada@x.org")));
    assert_eq!(users[1]["tokens"][0]["emailed"], true);
}
