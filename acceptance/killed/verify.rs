//! What must hold when all is over, wherever Terraform was killed.

use serde_json::{Value, json};

use crate::harness::{TestEnv, list, text};

/// The organization as a person sees it: who is in, who has a seat and what is alive, without ids.
pub(super) async fn seen(w: &TestEnv) -> Value {
    let state = w.sandbox().state().await;
    let mut users: Vec<_> = list(&state, "users").iter().map(user).collect();
    users.sort_by_key(Value::to_string);
    let mut accounts = w.sandbox().service_accounts().await;
    accounts.sort_unstable();
    json!({"users": users, "accounts": accounts, "onboarding": state["onboarding"]})
}

fn user(user: &Value) -> Value {
    json!({
        "email": user["email"],
        "names": [user["first_name"], user["last_name"]],
        "role": user["role"],
        "seat": user["seat"],
        // The day: a token's first end may depend on the second in which it was issued.
        "tokens": live(user).iter().map(|token| day(&text(token, "expires_at"))).collect::<Vec<_>>(),
    })
}

fn day(date: &str) -> String {
    date.chars().take(10).collect()
}

fn live(user: &Value) -> Vec<Value> {
    list(user, "tokens").into_iter().filter(|token| token["live"] == true).collect()
}

/// Secrets that are shown once are in the state, and work; no live token is unknown to it.
pub(super) async fn secrets_are_kept(w: &TestEnv) -> Vec<String> {
    let mut wrong = Vec::new();
    let secrets = w.sandbox().secrets().await;
    let objects = w.objects();
    let of = |kind: &str| {
        let prefix = format!("anaconda_{kind}.");
        objects.iter().filter(move |(address, _)| address.starts_with(&prefix)).map(|(_, it)| it)
    };
    for token in of("token") {
        if !token["token"].as_str().is_some_and(|value| secrets.iter().any(|it| it == value)) {
            wrong.push(format!("the value of the token {} is lost", token["id"]));
        }
    }
    for account in of("service_account") {
        let part = |name: &str| account[name].as_str().unwrap_or_default();
        if !w.sandbox().accepts_credentials(part("client_id"), part("client_secret")).await {
            wrong.push(format!("the secret of {} does not sign in", account["client_id"]));
        }
    }
    for user in w.sandbox().users().await {
        // Onboarding tells nobody the token that it makes.
        let onboarded = of("onboarding").any(|onboarding| {
            let people = onboarding["users"].as_object();
            people.is_some_and(|people| people.values().any(|it| it["id"] == user["id"]))
        });
        for token in live(&user) {
            if !onboarded && !of("token").any(|it| it["id"] == token["id"]) {
                wrong.push(format!("a live token that nobody knows: {}", token["id"]));
            }
        }
    }
    wrong
}
