//! Answers that mean the same and look otherwise: what the real service is known or thought to send.
//!
//! Each kind of oddity is switched on by itself, with `--odd` or the setting `odd`. It changes
//! answers on their way out, so no rule of the organization depends on it.

use std::collections::BTreeSet;

use axum::body::{Body, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::{Value, json};
use uuid::Uuid;

/// The words for all oddities, and what each does.
pub(crate) const KINDS: [(&str, &str); 10] = [
    ("bearers", "a rejected access token returns 403"),
    ("dates", "dates without an offset, with a space or a fraction; null for a revoked token"),
    ("errors", "error responses in the formats that other Anaconda clients accept"),
    ("ids", "IDs of users and tokens in uppercase"),
    ("lists", "lists without `items`, or under another name"),
    ("marks", "a byte order mark before each document, and a charset in the content type"),
    ("organization", "`org_id` is a UUID"),
    ("people", "fields that are null or unknown, and an unknown role"),
    ("products", "personal subscriptions, and an unknown product"),
    ("traces", "`cf-ray` and `x-request-id` headers in each response"),
];

/// Which oddities there are.
pub(crate) type Oddities = BTreeSet<&'static str>;

/// Reads words with commas between them, `all` or `none`. `None`: one of them is no oddity.
pub(crate) fn parse(text: &str) -> Option<Oddities> {
    match text {
        "all" => return Some(KINDS.iter().map(|(word, _)| *word).collect()),
        "none" | "" => return Some(Oddities::new()),
        _ => {}
    }
    let known = |word: &str| KINDS.iter().find(|(known, _)| *known == word).map(|(word, _)| *word);
    text.split(',').map(|word| known(word.trim())).collect()
}

/// The UUID of an organization: always the same for one id.
pub(crate) fn uuid_of(organization: &str) -> Uuid {
    let mut bytes = *b"an organization!";
    for (at, byte) in organization.bytes().enumerate() {
        if let Some(place) = bytes.get_mut(at % 16) {
            *place = place.rotate_left(3) ^ byte;
        }
    }
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

/// Makes an answer of the API odd.
pub(crate) async fn distort(odd: &Oddities, path: &str, answer: Response) -> Response {
    if odd.is_empty() {
        return answer;
    }
    let (mut head, body) = answer.into_parts();
    if odd.contains("traces") {
        let id = Uuid::new_v4().simple().to_string();
        for (name, value) in [("cf-ray", format!("{id:.16}-FRA")), ("x-request-id", id.clone())] {
            if let Ok(value) = HeaderValue::from_str(&value) {
                head.headers.insert(name, value);
            }
        }
    }
    let is_json = head
        .headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/json"));
    if !is_json {
        return Response::from_parts(head, body);
    }
    let Ok(bytes) = to_bytes(body, usize::MAX).await else {
        return Response::from_parts(head, Body::empty());
    };
    let Ok(mut document) = serde_json::from_slice::<Value>(&bytes) else {
        return Response::from_parts(head, Body::from(bytes));
    };
    let signs_in = !path.starts_with("/api/v1/");
    if head.status.is_client_error() || head.status.is_server_error() {
        if head.status == StatusCode::UNAUTHORIZED && odd.contains("bearers") && !signs_in {
            head.status = StatusCode::FORBIDDEN;
            document = json!({"error": {"code": "auth_required"}});
        } else if odd.contains("errors") && !signs_in {
            document = error(head.status, document);
        }
    } else if !signs_in {
        let organization = path.split('/').nth(4).unwrap_or_default();
        value(odd, organization, &mut document);
        if odd.contains("lists") {
            document = list(path, document);
        }
    }
    let mut text = Vec::new();
    if odd.contains("marks") {
        text.extend_from_slice(b"\xEF\xBB\xBF");
        let kind = HeaderValue::from_static("application/json; charset=UTF-8");
        head.headers.insert(CONTENT_TYPE, kind);
    }
    text.extend_from_slice(document.to_string().as_bytes());
    head.headers.remove(CONTENT_LENGTH);
    Response::from_parts(head, Body::from(text))
}

/// The message of an error in one of the other forms.
fn error(status: StatusCode, document: Value) -> Value {
    let Some(message) = document.pointer("/error/message").cloned() else { return document };
    match status.as_u16() {
        404 => json!({ "detail": message }),
        409 => json!({"error": {"detail": message}}),
        402 => json!({ "message": message }),
        _ => json!({ "error": message }),
    }
}

/// The list of users under another name, the others bare.
fn list(path: &str, document: Value) -> Value {
    let Value::Object(mut fields) = document else { return document };
    match fields.remove("items") {
        Some(items) if path.ends_with("/users") => json!({"users": items, "next": null}),
        Some(items) => items,
        None => Value::Object(fields),
    }
}

/// Changes all that is odd in a document.
fn value(odd: &Oddities, organization: &str, document: &mut Value) {
    match document {
        Value::Array(items) => items.iter_mut().for_each(|item| value(odd, organization, item)),
        Value::Object(fields) => {
            let revoked = fields.get("revoked") == Some(&Value::Bool(true));
            let managed = fields
                .get("email")
                .and_then(Value::as_str)
                .is_some_and(|email| email.ends_with("@managed.invalid"));
            for (name, field) in fields.iter_mut() {
                value(odd, organization, field);
                match name.as_str() {
                    "expires_at" if odd.contains("dates") && revoked => *field = Value::Null,
                    "expires_at" if odd.contains("dates") => date(field),
                    "org_id" if odd.contains("organization") => {
                        *field = uuid_of(organization).to_string().into();
                    }
                    "id" if odd.contains("ids") => {
                        if let Value::String(id) = field {
                            id.make_ascii_uppercase();
                        }
                    }
                    "subscriptions" if odd.contains("products") => products(field),
                    "email" if odd.contains("people") && managed => *field = Value::Null,
                    "role" if odd.contains("people") && managed => *field = "service_user".into(),
                    "subscriptions" if odd.contains("people") && *field == json!([]) => {
                        *field = Value::Null;
                    }
                    _ => {}
                }
            }
            if odd.contains("people") && fields.contains_key("role") {
                fields.insert("last_seen".to_owned(), json!({"days": "3", "client": null}));
            }
        }
        _ => {}
    }
}

/// A date without its `T`, its offset, or both; which one depends on the date.
fn date(field: &mut Value) {
    let Some(text) = field.as_str() else { return };
    let plain = text.trim_end_matches("+00:00");
    let odd = match text.bytes().map(u32::from).sum::<u32>() % 3 {
        0 => plain.to_owned(),
        1 => text.replace('T', " "),
        _ if plain.contains('.') => plain.replace('T', " "),
        _ => format!("{}.000000", plain.replace('T', " ")),
    };
    *field = odd.into();
}

/// Everybody has a personal subscription, and whoever has a seat a product that nobody knows.
fn products(field: &mut Value) {
    let Value::Array(codes) = field else { return };
    for code in codes.iter_mut() {
        *code = "brand_new_product".into();
    }
    codes.insert(0, "free_subscription".into());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_are_selected_individually_or_all() {
        assert_eq!(parse("all").map(|all| all.len()), Some(KINDS.len()));
        assert_eq!(parse("dates, ids"), Some(Oddities::from(["dates", "ids"])));
        assert_eq!(parse("none"), Some(Oddities::new()));
        assert_eq!(parse("dates,odd"), None);
    }

    #[test]
    fn organization_has_exactly_one_uuid() {
        assert_eq!(uuid_of("acme"), uuid_of("acme"));
        assert_ne!(uuid_of("acme"), uuid_of("beta"));
    }

    #[test]
    fn deviating_token_and_user_keep_meaning() {
        let all = parse("all").unwrap();
        let mut tokens = json!([
            {"id": "0a", "expires_at": "2030-01-01T00:00:00+00:00", "revoked": false},
            {"id": "0b", "expires_at": "2030-01-01T00:00:00+00:00", "revoked": true},
        ]);
        value(&all, "acme", &mut tokens);
        assert!(!tokens[0]["expires_at"].as_str().unwrap().ends_with("T00:00:00+00:00"));
        assert_eq!((&tokens[0]["id"], &tokens[1]["expires_at"]), (&json!("0A"), &Value::Null));
        let mut user = json!({"email": "x@managed.invalid", "role": "member", "subscriptions": []});
        value(&all, "acme", &mut user);
        assert_eq!(user["email"], Value::Null);
        assert_eq!(user["subscriptions"], json!(["free_subscription"]));
    }
}
