//! The list of requests, and the middleware for all requests.

use std::collections::VecDeque;
use std::time::Instant;

use axum::body::{Body, Bytes, to_bytes};
use axum::extract::{Request, State};
use axum::http::header::{AUTHORIZATION, DATE};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use serde_json::{Map, Value, json};

use super::errors::ApiError;
use super::faults::{Call, FaultContext, Injection, Operation, inject};
use super::serving::ConnectionHandle;
use super::sign_in::TOKEN_PATH;
use super::state::{SandboxState, Shared};
use super::{dates, form, odd};

/// Requests that are kept; older ones are dropped, so a sandbox can run for weeks.
const KEPT: usize = 100_000;

/// Bytes of a request's body. Onboarding 10,000 addresses takes a tenth of it.
const LARGEST_BODY: usize = 4 << 20;

/// Whether a path is the sandbox's own: not part of the API, and not listed.
fn is_own(path: &str) -> bool {
    path == "/" || path == "/_sandbox" || path.starts_with("/_sandbox/")
}

/// All requests to the API and the token endpoint, in the order they came.
#[derive(Debug, Default)]
pub(crate) struct RequestLog {
    entries: VecDeque<Entry>,
    next: u64,
}

/// One request. Holds no secret.
#[derive(Debug)]
struct Entry {
    number: u64,
    method: String,
    path: String,
    query: String,
    /// `None` as long as it is not answered.
    status: Option<u16>,
    grant: &'static str,
    body: Value,
    /// The fault that struck it.
    fault: Option<&'static str>,
}

impl RequestLog {
    /// The last so many of the list, or all, as JSON.
    pub(crate) fn to_json(&self, last: Option<usize>) -> Value {
        let skipped = last.map_or(0, |last| self.entries.len().saturating_sub(last));
        let entries = self.entries.iter().skip(skipped).map(|entry| {
            let mut shown = json!({
                "n": entry.number,
                "method": entry.method,
                "path": entry.path,
                "query": entry.query,
                "status": entry.status,
                "grant": entry.grant,
                "body": entry.body,
            });
            if let (Some(fault), Some(shown)) = (entry.fault, shown.as_object_mut()) {
                shown.insert("fault".to_owned(), fault.into());
            }
            shown
        });
        entries.collect()
    }

    /// Empties the list; numbers start at 1 again.
    pub(crate) fn clear(&mut self) {
        *self = Self::default();
    }

    fn add(&mut self, mut entry: Entry) -> u64 {
        self.next += 1;
        entry.number = self.next;
        self.entries.push_back(entry);
        if self.entries.len() > KEPT {
            self.entries.pop_front();
        }
        self.next
    }

    /// Notes the fault that struck a request.
    pub(crate) fn struck(&mut self, number: u64, fault: &'static str) {
        if let Some(entry) = self.entry(number) {
            entry.fault = Some(fault);
        }
    }

    fn answered(&mut self, number: u64, status: u16) {
        if let Some(entry) = self.entry(number) {
            entry.status = Some(status);
        }
    }

    fn entry(&mut self, number: u64) -> Option<&mut Entry> {
        // Most often the newest. After the list was emptied it may be none.
        self.entries.iter_mut().rev().find(|entry| entry.number == number)
    }
}

/// Every request passes here, before any route: it is noted, served, and what it changed is kept
/// before the answer leaves. One to the API may be too many, or struck by a fault.
pub(crate) async fn pass(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let mut answer = if is_own(request.uri().path()) {
        serve(&shared, request, next).await
    } else {
        let path = request.uri().path().to_owned();
        let answer = handle_api_request(&shared, request, next).await;
        let odd = shared.with(|state| state.odd.clone());
        odd::distort(&odd, &path, answer).await
    };
    let date = dates::for_headers(shared.with(|state| state.now()));
    if let Ok(date) = HeaderValue::from_str(&date) {
        answer.headers_mut().insert(DATE, date);
    }
    answer
}

async fn handle_api_request(shared: &Shared, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let Ok(body) = to_bytes(body, LARGEST_BODY).await else {
        return ApiError::TooLarge.into_response();
    };
    let mut entry = Entry {
        number: 0,
        method: parts.method.to_string(),
        path: parts.uri.path().to_owned(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        status: None,
        grant: "none",
        body: Value::Null,
        fault: None,
    };
    let operation = Operation::of(&parts.method, &entry.path);
    let (number, decision) = shared.with(|state| {
        let shown = parse(&entry.path, &body);
        entry.grant = grant(state, &entry.path, &parts.headers, &shown);
        entry.body = without_secrets(shown);
        let decision = if let Err(seconds) = state.rate.take(Instant::now()) {
            Decision::Limit(seconds)
        } else {
            let call = Call { operation, path: &entry.path, grant: entry.grant };
            state.faults.select(&call).map_or(Decision::Nothing, Decision::Fault)
        };
        (state.requests.add(entry), decision)
    });
    let line = parts.extensions.remove::<ConnectionHandle>();
    let serve = serve(shared, Request::from_parts(parts, Body::from(body)), next);
    let answer = match (decision, line) {
        (Decision::Limit(seconds), _) => ApiError::TooMany(seconds).into_response(),
        (Decision::Fault(injection), Some(line)) => {
            inject(injection, FaultContext { shared, line, number }, serve).await
        }
        (Decision::Fault(_) | Decision::Nothing, _) => serve.await,
    };
    shared.with(|state| state.requests.answered(number, answer.status().as_u16()));
    answer
}

/// The decision about a request before it is processed.
enum Decision {
    Nothing,
    /// It is one too many; to come again after so many seconds.
    Limit(u64),
    Fault(Injection),
}

async fn serve(shared: &Shared, request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        // The router would answer it as a GET; the OpenAPI document has none.
        return ApiError::NoSuchMethod.into_response();
    }
    let answer = next.run(request).await;
    match shared.keep().await {
        Ok(()) => answer,
        Err(failure) => failure.into_response(),
    }
}

/// The bearer of a request, if it has one of the right form.
pub(crate) fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, bearer) = headers.get(AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(bearer)
}

/// Who asks. At the token endpoint: who wants to sign in.
fn grant(state: &SandboxState, path: &str, headers: &HeaderMap, body: &Value) -> &'static str {
    if path == TOKEN_PATH {
        return match body.get("grant_type").and_then(Value::as_str) {
            Some("client_credentials") => "service_account",
            Some("password") => "admin",
            _ => "none",
        };
    }
    let principal = bearer(headers).and_then(|bearer| state.bearers.principal(bearer, state.now()));
    principal.map_or("none", super::issued_tokens::Principal::grant)
}

/// The body as JSON; a form as an object; null for anything else.
fn parse(path: &str, body: &Bytes) -> Value {
    if path != TOKEN_PATH {
        return serde_json::from_slice(body).unwrap_or_default();
    }
    let pairs = std::str::from_utf8(body).ok().and_then(form::pairs).unwrap_or_default();
    if pairs.is_empty() {
        return Value::Null;
    }
    let fields = pairs.into_iter().map(|(name, value)| (name, Value::String(value)));
    Value::Object(fields.collect::<Map<_, _>>())
}

fn without_secrets(value: Value) -> Value {
    let is_secret = |name: &str| matches!(name, "password" | "client_secret" | "token");
    match value {
        Value::Object(fields) => fields
            .into_iter()
            .map(|(name, value)| {
                let shown = if is_secret(&name) { "***".into() } else { without_secrets(value) };
                (name, shown)
            })
            .collect(),
        Value::Array(items) => items.into_iter().map(without_secrets).collect(),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_masked_in_recorded_requests() {
        let shown = without_secrets(json!({"a": [{"password": "x", "client_id": "y"}]}));
        assert_eq!(shown, json!({"a": [{"password": "***", "client_id": "y"}]}));
    }

    #[test]
    fn recorded_form_is_shown_as_object() {
        let body = Bytes::from_static(b"grant_type=password&username=a%40b.co");
        let shown = parse(TOKEN_PATH, &body);
        assert_eq!(shown, json!({"grant_type": "password", "username": "a@b.co"}));
        assert_eq!(parse("/api/v1/x", &Bytes::from_static(b"not json")), Value::Null);
    }

    #[test]
    fn bearer_scheme_matches_in_any_case() {
        let mut headers = HeaderMap::new();
        assert_eq!(bearer(&headers), None);
        headers.insert(AUTHORIZATION, "bearer abc".parse().unwrap());
        assert_eq!(bearer(&headers), Some("abc"));
        headers.insert(AUTHORIZATION, "Basic abc".parse().unwrap());
        assert_eq!(bearer(&headers), None);
    }
}
