//! Lies: responses that look valid and are wrong. A read or a write must not rely on a single one.

use serde_json::{Value, json};

/// Forms in which the API says "not found", and those of a path that the API does not serve.
const NOT_FOUND: [&str; 8] =
    ["api", "detail", "message", "bare", "nested", "unserved", "html", "empty"];

/// Returns all lies about the requests of one operation. Each one is a fault that the sandbox
/// injects once.
pub(crate) fn about(endpoint: &str) -> Vec<Value> {
    let not_found = |body: &&str| json!({"kind": "status", "status": 404, "body": body, "message": "User not found"});
    let mut lies: Vec<Value> = NOT_FOUND.iter().map(not_found).collect();
    lies.push(json!({
        "kind": "status",
        "status": 404,
        "code": "organization_not_found",
        "message": "Organization not found",
    }));
    lies.push(json!({"kind": "status", "status": 405, "body": "unserved"}));
    match endpoint {
        // Omit a user, and two onboarded users.
        "list_users" => {
            lies.extend(
                ["da@example.com", "kim@example.com", "ee@example.com"]
                    .map(|text| json!({"kind": "omit", "item": text})),
            );
            // Omit all users, which results in an organization without an admin.
            lies.push(json!({"kind": "omit", "item": "example.com"}));
        }
        "list_tokens" | "list_service_accounts" => lies.push(json!({"kind": "omit"})),
        "remove_user" => {
            lies.push(json!({"kind": "status", "status": 409, "code": "last_admin"}));
        }
        _ => {}
    }
    lies
}
