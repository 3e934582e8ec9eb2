//! Conditions that must hold at the end of a run, after any fault.

use serde_json::{Value, json};

use super::runs::State;
use crate::admin::Organization;

/// Returns the organization as an admin sees it: members, seats, and active tokens. The result
/// contains no IDs and no random name suffixes.
pub(crate) async fn seen(organization: &Organization) -> Value {
    let state = organization.call("GET", "state", Value::Null).await;
    let mut users: Vec<_> = list(&state["users"]).iter().map(user).collect();
    users.sort_by_key(Value::to_string);
    let mut accounts: Vec<_> = list(&state["service_accounts"])
        .iter()
        .map(|account| account["name"].as_str().unwrap())
        .map(|name| if name.starts_with("ci-") { "ci-*" } else { name })
        .collect();
    accounts.sort_unstable();
    json!({"users": users, "accounts": accounts, "onboarding": state["onboarding"]})
}

fn user(user: &Value) -> Value {
    let live = list(&user["tokens"]).iter().filter(|token| token["live"] == true);
    let ends: Vec<_> = live.map(|token| end(&token["expires_at"])).collect();
    json!({
        "email": user["email"].as_str().map(str::to_lowercase),
        "names": [user["first_name"], user["last_name"]],
        "role": user["role"],
        "seat": user["seat"],
        "tokens": ends,
    })
}

/// Returns the day, because the first expiration date of a token depends on the second in which the
/// API issued it.
fn end(date: &Value) -> String {
    date.as_str().unwrap().chars().take(10).collect()
}

/// Checks that the state contains the secrets that the API shows only once, and that they are
/// valid. Also checks that the state contains every active token.
pub(crate) async fn secrets_are_kept(organization: &Organization, state: &State) -> Vec<String> {
    let mut wrong = Vec::new();
    let secrets = organization.call("GET", "secrets", Value::Null).await;
    let secrets = list(&secrets);
    for (resource, object) in state.objects() {
        match resource {
            "anaconda_token" if !secrets.contains(&object["token"]) => {
                wrong.push(format!("the value of the token is lost: {object}"));
            }
            "anaconda_service_account" if !organization.accepts_credentials(object).await => {
                wrong.push(format!("the secret does not sign in: {object}"));
            }
            _ => {}
        }
    }
    let shown = organization.call("GET", "state", Value::Null).await;
    for user in list(&shown["users"]) {
        let onboarded = state.objects().any(|(resource, object)| {
            resource == "anaconda_onboarding"
                && object["users"]
                    .as_object()
                    .is_some_and(|people| people.values().any(|person| person["id"] == user["id"]))
        });
        for token in list(&user["tokens"]).iter().filter(|token| token["live"] == true) {
            let known = state.objects().any(|(resource, object)| {
                resource == "anaconda_token"
                    && object["user_id"] == user["id"]
                    // The legacy API does not return token IDs.
                    && (object["id"] == token["id"] || object["id"] == user["id"])
            });
            if !known && !onboarded {
                wrong.push(format!("a live token that nobody knows: {token}"));
            }
        }
    }
    wrong
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}
