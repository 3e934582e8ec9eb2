//! Injects a fault into a request.

use std::future::{Future, pending};

use axum::body::{Body, Bytes, to_bytes};
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, TRANSFER_ENCODING};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde_json::Value;

use super::{Fault, Injection, answers, paced};
use crate::sandbox::serving::ConnectionHandle;
use crate::sandbox::state::Shared;

/// The request into which a fault is injected.
#[derive(Debug)]
pub(crate) struct FaultContext<'a> {
    /// The state.
    pub(crate) shared: &'a Shared,
    /// The connection it came on.
    pub(crate) line: ConnectionHandle,
    /// The request's number in the list.
    pub(crate) number: u64,
}

/// Injects a fault. `serve` processes the request. Returns the response to send; never returns if
/// there is none.
pub(crate) async fn inject(
    injection: Injection,
    context: FaultContext<'_>,
    serve: impl Future<Output = Response>,
) -> Response {
    let FaultContext { shared, line, number } = context;
    let note = || {
        shared.with(|state| {
            state.faults.struck(injection.rule);
            state.requests.struck(number, injection.fault.kind());
        });
    };
    match injection.fault.clone() {
        Fault::Refuse(time) => {
            note();
            line.refuse(time);
            pending().await
        }
        Fault::ResetBefore => {
            note();
            line.reset();
            pending().await
        }
        Fault::ResetAfter => {
            serve.await;
            note();
            line.reset();
            pending().await
        }
        Fault::Hang { carried_out: true } => {
            let answer = serve.await;
            note();
            injection.removed.cancelled().await;
            answer
        }
        Fault::Hang { carried_out: false } => {
            note();
            injection.removed.cancelled().await;
            serve.await
        }
        Fault::Slow { bytes_per_second } => {
            let (mut answer, bytes) = open(serve.await).await;
            note();
            if !bytes.is_empty() {
                answer.headers_mut().insert(CONTENT_LENGTH, bytes.len().into());
                *answer.body_mut() = paced::slow(&bytes, bytes_per_second);
            }
            answer
        }
        Fault::Truncate { at, chunked } => {
            let (answer, bytes) = open(serve.await).await;
            note();
            truncate(answer, &bytes, at, chunked, line)
        }
        Fault::Answer { answer, carried_out } => {
            if carried_out {
                serve.await;
            }
            note();
            answers::make(answer, shared.with(|state| state.now()), injection.before)
        }
        Fault::WrongType => {
            let mut answer = serve.await;
            note();
            let value = HeaderValue::from_static("text/plain; charset=utf-8");
            answer.headers_mut().insert(CONTENT_TYPE, value);
            answer
        }
        Fault::Omit { item } => {
            let (answer, bytes) = open(serve.await).await;
            note();
            omit(answer, &bytes, item.as_deref())
        }
        Fault::ExpireBearers => {
            shared.with(|state| state.bearers.clear());
            note();
            serve.await
        }
    }
}

/// The answer without its body, and the body.
async fn open(answer: Response) -> (Response, Bytes) {
    let (parts, body) = answer.into_parts();
    // The sandbox's own answers are all in memory.
    let bytes = to_bytes(body, usize::MAX).await.unwrap_or_default();
    (Response::from_parts(parts, Body::from(bytes.clone())), bytes)
}

/// The list without the items that hold this text, or without the last one. An answer that is no
/// list stays as it is.
fn omit(mut answer: Response, bytes: &Bytes, item: Option<&str>) -> Response {
    let Ok(mut list) = serde_json::from_slice::<Value>(bytes) else { return answer };
    let Some(items) = list.get_mut("items").and_then(Value::as_array_mut) else { return answer };
    match item {
        Some(text) => items.retain(|item| !item.to_string().contains(text)),
        None => drop(items.pop()),
    }
    let body = list.to_string();
    answer.headers_mut().insert(CONTENT_LENGTH, body.len().into());
    *answer.body_mut() = Body::from(body);
    answer
}

fn truncate(
    mut answer: Response,
    bytes: &Bytes,
    at: Option<usize>,
    chunked: bool,
    line: ConnectionHandle,
) -> Response {
    let sent = at.unwrap_or(bytes.len() / 2).min(bytes.len());
    if answer.status() == StatusCode::NO_CONTENT {
        // It has no body that could be promised.
        *answer.status_mut() = StatusCode::OK;
    }
    let headers = answer.headers_mut();
    headers.remove(TRANSFER_ENCODING);
    if chunked {
        headers.remove(CONTENT_LENGTH);
    } else {
        headers.insert(CONTENT_LENGTH, bytes.len().max(sent + 1).into());
    }
    *answer.body_mut() = paced::cut_off(bytes.slice(..sent), line);
    answer
}
