//! [`Recorder`]: the shape of the API responses.
//!
//! It observes every response that the client receives.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;
use jiff::fmt::rfc2822;
use serde_json::Value;

use super::contract::Endpoint;
use super::names::Private;
use super::shape::{Oddity, Shape};
use crate::client::{ObservedResponse, ResponseObserver};

/// The byte-order mark of UTF-8.
const MARK: &[u8] = b"\xEF\xBB\xBF";

/// All responses, by request and status.
#[derive(Debug, Default)]
pub(super) struct Recorder(Mutex<Seen>);

/// The data of the recorder.
#[derive(Debug, Default)]
pub(super) struct Seen {
    pub(super) exchanges: BTreeMap<(Endpoint, u16), Exchange>,
    pub(super) private: Private,
    /// The most recent response.
    pub(super) last: Option<Last>,
    /// The lifetime of the most recent access token, in seconds, if the response contained it.
    pub(super) token_life: Option<u64>,
    /// How far the server's clock is ahead of this machine's, in seconds, according to the first
    /// response with a date.
    pub(super) clock_ahead: Option<i64>,
}

/// The facts about the most recent response that the output can show.
#[derive(Clone, Debug)]
pub(super) struct Last {
    pub(super) version: String,
    pub(super) peer: Option<String>,
    pub(super) content: Content,
    /// Whether Cloudflare forwarded the response.
    pub(super) cloudflare: bool,
    /// The target of a redirect, without its query.
    pub(super) location: Option<String>,
}

/// All responses to one kind of request with the same status.
#[derive(Debug, Default)]
pub(super) struct Exchange {
    pub(super) count: usize,
    /// The names of headers, and how many responses had them.
    pub(super) headers: BTreeMap<String, usize>,
    pub(super) versions: BTreeSet<String>,
    pub(super) contents: BTreeMap<Content, usize>,
    pub(super) shape: Shape,
}

/// The content of a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Content {
    /// JSON with a JSON content type.
    Json,
    /// JSON with another content type, or none.
    UnlabeledJson,
    /// JSON that begins with a byte-order mark.
    MarkedJson,
    /// A web page.
    Html,
    Empty,
    Other,
}

impl Content {
    /// Returns the description for messages and the report.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Json => "JSON",
            Self::UnlabeledJson => "JSON with another content type",
            Self::MarkedJson => "JSON after a byte-order mark",
            Self::Html => "a web page",
            Self::Empty => "no body",
            Self::Other => "neither JSON nor a web page",
        }
    }
}

impl Recorder {
    /// Returns everything recorded so far.
    pub(super) fn seen(&self) -> MutexGuard<'_, Seen> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    /// Returns all oddities with the request whose response had them, each once.
    pub(super) fn oddities(&self) -> BTreeSet<(Endpoint, Oddity)> {
        let of = |((endpoint, status), exchange): (&(Endpoint, u16), &Exchange)| {
            let odd = exchange.shape.oddities(endpoint.fields(*status), &self.private);
            let endpoint = *endpoint;
            odd.into_iter().map(move |oddity| (endpoint, oddity))
        };
        self.exchanges.iter().flat_map(of).collect()
    }
}

impl ResponseObserver for Recorder {
    fn saw(&self, sighting: &ObservedResponse<'_>) {
        let now = Timestamp::now();
        let header = |name: &str| {
            sighting.headers.get(name).and_then(|it| it.to_str().ok()).map(str::to_owned)
        };
        let marked = sighting.body.strip_prefix(MARK);
        let document: Option<Value> = serde_json::from_slice(marked.unwrap_or(sighting.body)).ok();
        let endpoint = endpoint(sighting);
        let seen = &mut *self.seen();
        let exchange = seen.exchanges.entry((endpoint, sighting.status)).or_default();
        exchange.count += 1;
        for name in sighting.headers.keys() {
            *exchange.headers.entry(name.as_str().to_owned()).or_default() += 1;
        }
        exchange.versions.insert(sighting.version.clone());
        let content = content(header("content-type").as_deref(), sighting.body, document.is_some());
        *exchange.contents.entry(content).or_default() += 1;
        if let Some(document) = &document {
            exchange.shape.add(document, endpoint.fields(sighting.status), &mut seen.private);
        }
        if endpoint == Endpoint::Token && sighting.status == 200 {
            seen.token_life = document.as_ref().and_then(|it| lifetime(it.get("expires_in")?));
        }
        if seen.clock_ahead.is_none() {
            let server_time = header("date").and_then(|date| rfc2822::parse(&date).ok());
            seen.clock_ahead = server_time
                .map(|server_time| server_time.timestamp().as_second() - now.as_second());
        }
        seen.last = Some(Last {
            version: sighting.version.clone(),
            peer: sighting.peer.map(|peer| peer.ip().to_string()),
            content,
            cloudflare: sighting.headers.contains_key("cf-ray"),
            location: header("location")
                .map(|to| to.split(['?', '#']).next().unwrap_or_default().to_owned()),
        });
    }
}

fn endpoint(sighting: &ObservedResponse<'_>) -> Endpoint {
    let path = sighting.url.path();
    match path.rsplit('/').next() {
        _ if sighting.method == "POST" => Endpoint::Token,
        Some("users") if path.contains("/organizations/") => Endpoint::Users,
        Some("tokens") if path.contains("/users/") => Endpoint::Tokens,
        Some("service-accounts") => Endpoint::ServiceAccounts,
        _ => Endpoint::Other,
    }
}

fn content(label: Option<&str>, body: &[u8], json: bool) -> Content {
    let label = label.unwrap_or_default();
    if body.trim_ascii().is_empty() {
        Content::Empty
    } else if json && body.starts_with(MARK) {
        Content::MarkedJson
    } else if json && label.contains("json") {
        Content::Json
    } else if json {
        Content::UnlabeledJson
    } else if label.contains("html") || body.trim_ascii_start().starts_with(b"<") {
        Content::Html
    } else {
        Content::Other
    }
}

/// Returns a number of seconds that is written as a number or as text.
fn lifetime(value: &Value) -> Option<u64> {
    match value {
        Value::String(text) => text.trim().parse().ok(),
        other => other.as_u64(),
    }
}
