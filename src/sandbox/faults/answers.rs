//! Answers in place of the right one.

use axum::Json;
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::draw::noise;
use super::{ErrorBody, Other, RetryAfter};
use crate::sandbox::dates;
use crate::sandbox::errors::{api_error, page};

/// Bytes of an answer without a meaning.
const NOISE: usize = 64;

/// Makes the answer. `now` is for dates; `before` makes the noise of each answer another.
pub(super) fn make(answer: Other, now: Timestamp, before: u32) -> Response {
    match answer {
        Other::Garbage => {
            let mut bytes = noise(before.into(), NOISE);
            // No text of any kind begins with this byte.
            bytes.insert(0, 0xFF);
            bytes.truncate(NOISE);
            ([(CONTENT_TYPE, "application/json")], bytes).into_response()
        }
        Other::Page(status) => page(status),
        Other::Status { status, body, code, message, retry_after } => {
            let mut answer = error(status, body, code, message);
            if let Some(value) = retry_after.and_then(|after| header(after, now)) {
                answer.headers_mut().insert(RETRY_AFTER, value);
            }
            answer
        }
    }
}

fn header(retry_after: RetryAfter, now: Timestamp) -> Option<HeaderValue> {
    match retry_after {
        RetryAfter::Text(value) => Some(value),
        RetryAfter::Date(seconds) => {
            let date = now.saturating_add(SignedDuration::from_secs(seconds)).ok()?;
            HeaderValue::from_str(&dates::for_headers(date)).ok()
        }
    }
}

fn error(
    status: StatusCode,
    body: ErrorBody,
    code: Option<String>,
    message: Option<String>,
) -> Response {
    let reason = status.canonical_reason().unwrap_or("Error");
    let word = || reason.to_lowercase().replace(|c: char| !c.is_ascii_alphanumeric(), "_");
    let code = code.unwrap_or_else(word);
    let message = message.unwrap_or_else(|| format!("{reason} (injected by the sandbox)"));
    match body {
        ErrorBody::Detail => (status, Json(json!({"detail": message}))).into_response(),
        ErrorBody::Message => (status, Json(json!({"message": message}))).into_response(),
        ErrorBody::Bare => (status, Json(json!({"error": message}))).into_response(),
        ErrorBody::Nested => (status, Json(json!({"error": {"detail": message}}))).into_response(),
        ErrorBody::Unserved => (status, Json(json!({"detail": reason}))).into_response(),
        ErrorBody::Api => {
            let mut answer = api_error(status, &code, &message);
            if status == StatusCode::UNAUTHORIZED {
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            }
            answer
        }
        ErrorBody::Validation => {
            let problem = json!({"loc": ["body"], "msg": message, "type": "value_error"});
            (status, Json(json!({"detail": [problem]}))).into_response()
        }
        ErrorBody::OAuth => {
            let code = match status.as_u16() {
                400 => "invalid_grant",
                401 => "invalid_client",
                403 => "unauthorized_client",
                500 => "server_error",
                _ => "temporarily_unavailable",
            };
            let body = json!({"error": code, "error_description": message});
            (status, Json(body)).into_response()
        }
        ErrorBody::Html => page(status),
        ErrorBody::Empty => (status, Body::empty()).into_response(),
        ErrorBody::Text => (status, format!("{message}\n")).into_response(),
    }
}
