//! What can go wrong with a request, as the sandbox is told to let it go wrong.

use serde_json::{Value, json};

/// One way in which the API fails.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fault {
    /// How the table calls it.
    pub(crate) title: &'static str,
    pub(crate) how: How,
}

/// How the sandbox is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum How {
    /// The requests of one operation meet this fault.
    Strike(fn() -> Value),
    /// One request of one operation meets one lie, each of these in a run of its own.
    Lies(fn(&str) -> Vec<Value>),
    /// The whole organization behaves so; there is no "once".
    Settings { on: fn() -> Value, off: fn() -> Value },
}

const fn strike(title: &'static str, fault: fn() -> Value) -> Fault {
    Fault { title, how: How::Strike(fault) }
}

/// All of them.
pub(crate) const FAULTS: &[Fault] = &[
    strike("connection refused", || json!({"kind": "refuse", "seconds": 0.2})),
    strike("reset before it is carried out", || json!({"kind": "reset_before"})),
    strike("reset after it was carried out", || json!({"kind": "reset_after"})),
    strike("no answer, not carried out", || json!({"kind": "hang"})),
    strike("no answer, carried out", || json!({"kind": "hang", "carried_out": true})),
    strike("slow answer", || json!({"kind": "slow", "bytes_per_second": 2000})),
    strike("answer too slow to wait for", || json!({"kind": "slow", "bytes_per_second": 1})),
    strike("answer cut off", || json!({"kind": "truncate"})),
    strike("garbage, carried out", || json!({"kind": "garbage"})),
    strike("garbage, not carried out", || json!({"kind": "garbage", "carried_out": false})),
    strike("web page with 200", || json!({"kind": "html"})),
    strike("web page with 200, carried out", || json!({"kind": "html", "carried_out": true})),
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
        "429, retry after seconds",
        || json!({"kind": "status", "status": 429, "retry_after": 1}),
    ),
    strike(
        "429, retry after a date",
        || json!({"kind": "status", "status": 429, "retry_after": "date:1"}),
    ),
    strike("500", || json!({"kind": "status", "status": 500})),
    strike("500, carried out", || json!({"kind": "status", "status": 500, "carried_out": true})),
    strike("501", || json!({"kind": "status", "status": 501, "body": "text"})),
    strike("502 web page", || json!({"kind": "status", "status": 502, "body": "html"})),
    strike(
        "502 web page, carried out",
        || json!({"kind": "status", "status": 502, "body": "html", "carried_out": true}),
    ),
    strike("503", || json!({"kind": "status", "status": 503, "body": "empty"})),
    strike(
        "503, retry after seconds",
        || json!({"kind": "status", "status": 503, "retry_after": 1}),
    ),
    strike("504", || json!({"kind": "status", "status": 504, "body": "html"})),
    strike(
        "504, carried out",
        || json!({"kind": "status", "status": 504, "body": "html", "carried_out": true}),
    ),
    Fault { title: "one lie", how: How::Lies(super::lies::about) },
    strike("all bearers expire", || json!({"kind": "expire_bearers"})),
    Fault {
        title: "listings lag by 2 s",
        how: How::Settings {
            on: || json!({"listing_lag_seconds": 2}),
            off: || json!({"listing_lag_seconds": 0}),
        },
    },
    Fault {
        title: "the API's clock is 5 h ahead",
        how: How::Settings {
            on: || json!({"clock_offset_seconds": 18_000}),
            off: || json!({"clock_offset_seconds": 0}),
        },
    },
    Fault {
        title: "the API's clock is 5 h behind",
        how: How::Settings {
            on: || json!({"clock_offset_seconds": -18_000}),
            off: || json!({"clock_offset_seconds": 0}),
        },
    },
];
