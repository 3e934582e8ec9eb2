//! Conditions that must hold after the last run, wherever Terraform was killed.

use serde_json::{Value, json};

use crate::harness::{TestEnv, list, text};

/// Returns the organization without IDs: members, seats, active tokens, service accounts, and
/// onboarding.
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
        // Only the day: the first expiration date of a token might depend on the second of its
        // issuance.
        "tokens": live(user).iter().map(|token| day(&text(token, "expires_at"))).collect::<Vec<_>>(),
    })
}

fn day(date: &str) -> String {
    date.chars().take(10).collect()
}

fn live(user: &Value) -> Vec<Value> {
    list(user, "tokens").into_iter().filter(|token| token["live"] == true).collect()
}

/// Checks that secrets shown only once are in the state and valid, and that the state contains
/// every active token. Returns the problems.
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
        // The API does not return the token that an onboarding creates.
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
