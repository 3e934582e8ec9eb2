//! Lies: responses that look right and are wrong. One of them must be believed by no read and no
//! write.

use serde_json::{Value, json};

/// The forms in which the API says "not found", and those of a path that is not served.
const NOT_FOUND: [&str; 8] =
    ["api", "detail", "message", "bare", "nested", "unserved", "html", "empty"];

/// All lies about the requests of one operation, each a fault that strikes once.
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
        // A person, and two who were onboarded.
        "list_users" => {
            lies.extend(
                ["da@example.com", "kim@example.com", "ee@example.com"]
                    .map(|text| json!({"kind": "omit", "item": text})),
            );
            // All of them, which is an organization without an admin.
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
