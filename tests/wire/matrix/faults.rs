//! Faults of a request, as instructions for the sandbox.

use serde_json::{Value, json};

/// One type of API failure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// Title in the table.
    pub(crate) title: &'static str,
    pub(crate) how: How,
}

/// Instruction for the sandbox.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// Fault that the sandbox injects into the requests of one operation.
    Strike(fn() -> Value),
    /// Lies about the requests of one operation. Each one is injected into one request, in a
    /// separate run.
    Lies(fn(&str) -> Vec<Value>),
    /// Behavior of the whole organization. It cannot be injected only once.
    Settings { on: fn() -> Value, off: fn() -> Value },
}

const fn strike(title: &'static str, fault: fn() -> Value) -> Fault {
    Fault { title, how: How::Strike(fault) }
}

/// All faults.
pub(crate) const FAULTS: &[Fault] = &[
    strike("connection refused", || json!({"kind": "refuse", "seconds": 0.2})),
    strike("connection reset, not processed", || json!({"kind": "reset_before"})),
    strike("connection reset, processed", || json!({"kind": "reset_after"})),
    strike("no response, not processed", || json!({"kind": "hang"})),
    strike("no response, processed", || json!({"kind": "hang", "carried_out": true})),
    strike("slow response", || json!({"kind": "slow", "bytes_per_second": 2000})),
    strike("response slower than the timeout", || json!({"kind": "slow", "bytes_per_second": 1})),
    strike("response cut off", || json!({"kind": "truncate"})),
    strike("unreadable response, processed", || json!({"kind": "garbage"})),
    strike(
        "unreadable response, not processed",
        || json!({"kind": "garbage", "carried_out": false}),
    ),
    strike("web page with 200", || json!({"kind": "html"})),
    strike("web page with 200, processed", || json!({"kind": "html", "carried_out": true})),
    strike("wrong content type", || json!({"kind": "wrong_type"})),
    strike("400", || json!({"kind": "status", "status": 400})),
    strike("401", || json!({"kind": "status", "status": 401, "body": "oauth"})),
    strike("402", || json!({"kind": "status", "status": 402})),
    strike("403 web page", || json!({"kind": "status", "status": 403, "body": "html"})),
    strike("404", || json!({"kind": "status", "status": 404})),
    strike("404 web page", || json!({"kind": "status", "status": 404, "body": "html"})),
    strike("405 empty", || json!({"kind": "status", "status": 405, "body": "empty"})),
    strike("408", || json!({"kind": "status", "status": 408, "body": "text"})),
    strike("409", || json!({"kind": "status", "status": 409})),
    strike("422", || json!({"kind": "status", "status": 422, "body": "validation"})),
    strike("429", || json!({"kind": "status", "status": 429})),
    strike(
        "429, `Retry-After` in seconds",
        || json!({"kind": "status", "status": 429, "retry_after": 1}),
    ),
    strike(
        "429, `Retry-After` as a date",
        || json!({"kind": "status", "status": 429, "retry_after": "date:1"}),
    ),
    strike("500", || json!({"kind": "status", "status": 500})),
    strike("500, processed", || json!({"kind": "status", "status": 500, "carried_out": true})),
    strike("501", || json!({"kind": "status", "status": 501, "body": "text"})),
    strike("502 web page", || json!({"kind": "status", "status": 502, "body": "html"})),
    strike(
        "502 web page, processed",
        || json!({"kind": "status", "status": 502, "body": "html", "carried_out": true}),
    ),
    strike("503", || json!({"kind": "status", "status": 503, "body": "empty"})),
    strike(
        "503, `Retry-After` in seconds",
        || json!({"kind": "status", "status": 503, "retry_after": 1}),
    ),
    strike("504", || json!({"kind": "status", "status": 504, "body": "html"})),
    strike(
        "504, processed",
        || json!({"kind": "status", "status": 504, "body": "html", "carried_out": true}),
    ),
    Fault { title: "one false response", how: How::Lies(super::lies::about) },
    strike("all access tokens expire", || json!({"kind": "expire_bearers"})),
    Fault {
        title: "list responses stale for 2 s",
        how: How::Settings {
            on: || json!({"listing_lag_seconds": 2}),
            off: || json!({"listing_lag_seconds": 0}),
        },
    },
    Fault {
        title: "API clock 5 h ahead",
        how: How::Settings {
            on: || json!({"clock_offset_seconds": 18_000}),
            off: || json!({"clock_offset_seconds": 0}),
        },
    },
    Fault {
        title: "API clock 5 h behind",
        how: How::Settings {
            on: || json!({"clock_offset_seconds": -18_000}),
            off: || json!({"clock_offset_seconds": 0}),
        },
    },
];
