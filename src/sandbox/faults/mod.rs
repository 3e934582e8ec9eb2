//! Fault injection: errors of a network, a proxy, or a server on request.
//!
//! A rule selects requests and a fault. `read` parses rules from JSON, `operation` names requests,
//! `draw` generates reproducible random decisions, `inject` injects the fault, and `answers` and `paced`
//! build the responses. The rules are part of the state; their
//! JSON is described in `admin::faults`.

mod answers;
mod draw;
mod inject;
mod operation;
mod paced;
mod read;

use std::time::Duration;

use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use draw::Draw;
pub(crate) use inject::{FaultContext, inject};
pub(crate) use operation::Operation;
pub(crate) use read::rule;

/// All rules, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    rules: Vec<Kept>,
    next: u64,
}

/// A rule as it was asked for.
#[derive(Clone, Debug)]
pub(crate) struct Rule {
    /// Which requests; `None` for all.
    operation: Option<Operation>,
    /// For the sign-in: with this grant only.
    grant: Option<&'static str>,
    /// What the path must contain.
    path: Option<String>,
    /// The first matching request that may be struck, from 1.
    from: u32,
    /// How many are struck; `None` for all.
    times: Option<u32>,
    /// How likely a request that may be struck is.
    chance: Option<Draw>,
    /// What happens.
    fault: Fault,
    /// The rule in its own JSON.
    given: Value,
}

/// What happens to a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// All connections are closed and none are taken for so long.
    Refuse(Duration),
    /// The connection is reset.
    ResetBefore,
    /// The request is carried out and the connection is reset.
    ResetAfter,
    /// No answer comes.
    Hang {
        /// Whether the request is carried out first.
        carried_out: bool,
    },
    /// The answer's body trickles.
    Slow {
        /// How fast; not 0.
        bytes_per_second: u32,
    },
    /// The answer's body ends too early.
    Truncate {
        /// After how many bytes; half of them by default.
        at: Option<usize>,
        /// Whether its length is not told beforehand.
        chunked: bool,
    },
    /// The answer is another one.
    Answer {
        /// Which.
        answer: Other,
        /// Whether the request is carried out all the same.
        carried_out: bool,
    },
    /// The answer is right and calls itself plain text.
    WrongType,
    /// The answer is a list that lacks something.
    Omit {
        /// The text of the items that are left out; by default the last item is.
        item: Option<String>,
    },
    /// All bearers end.
    ExpireBearers,
}

/// An answer in place of the right one.
#[derive(Clone, Debug)]
pub(crate) enum Other {
    /// Bytes without a meaning.
    Garbage,
    /// A web page.
    Page(axum::http::StatusCode),
    /// An error.
    Status {
        /// 400 to 599.
        status: axum::http::StatusCode,
        /// Its body.
        body: ErrorBody,
        /// Its `code`, where the body has one, in place of one made of the status.
        code: Option<String>,
        /// Its text, likewise.
        message: Option<String>,
        /// When to come again.
        retry_after: Option<RetryAfter>,
    },
}

/// The body of an error.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ErrorBody {
    /// The API's own.
    Api,
    /// The API's for requests that are not well formed.
    Validation,
    /// A text as `detail`, at the top.
    Detail,
    /// A text as `message`, at the top.
    Message,
    /// A text as `error`.
    Bare,
    /// A text as `detail` of `error`.
    Nested,
    /// What the API's framework says of a path or a method that it does not know.
    Unserved,
    /// That of the token endpoint.
    OAuth,
    /// A web page.
    Html,
    /// None.
    Empty,
    /// Plain text.
    Text,
}

/// A `Retry-After`.
#[derive(Clone, Debug)]
pub(crate) enum RetryAfter {
    /// As it is.
    Text(axum::http::HeaderValue),
    /// A date so many seconds ahead.
    Date(i64),
}

#[derive(Debug)]
struct Kept {
    id: u64,
    rule: Rule,
    matched: u32,
    /// Requests that were given to the fault. `struck` follows when it has done its work.
    taken: u32,
    struck: u32,
    removed: CancellationToken,
}

/// A request, as far as rules look at it.
#[derive(Debug)]
pub(crate) struct Call<'a> {
    /// What it wants.
    pub(crate) operation: Option<Operation>,
    /// Where.
    pub(crate) path: &'a str,
    /// Who asks; at the token endpoint, who wants to sign in.
    pub(crate) grant: &'a str,
}

/// A fault to inject into a request.
#[derive(Debug)]
pub(crate) struct Injection {
    /// What happens.
    fault: Fault,
    /// The rule it comes from.
    rule: u64,
    /// How many requests this rule was given before.
    before: u32,
    /// Cancelled when the rule is removed.
    removed: CancellationToken,
}

impl Faults {
    /// Adds a rule; its id.
    pub(crate) fn add(&mut self, rule: Rule) -> u64 {
        self.next += 1;
        let removed = CancellationToken::new();
        self.rules.push(Kept { id: self.next, rule, matched: 0, taken: 0, struck: 0, removed });
        self.next
    }

    /// The list as JSON.
    pub(crate) fn to_json(&self) -> Value {
        let shown = |kept: &Kept| {
            json!({
                "id": kept.id,
                "rule": kept.rule.given,
                "matched": kept.matched,
                "struck": kept.struck,
            })
        };
        self.rules.iter().map(shown).collect()
    }

    /// Removes one rule and lets go of what hangs by it; false when there is none with this id.
    pub(crate) fn remove(&mut self, id: u64) -> bool {
        let before = self.rules.len();
        self.rules.retain(|kept| kept.id != id);
        before != self.rules.len()
    }

    /// Removes all rules. Ids go on.
    pub(crate) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Counts a request in all rules that match it, and returns the fault to inject, if any.
    pub(crate) fn select(&mut self, call: &Call<'_>) -> Option<Injection> {
        let mut injection = None;
        for kept in &mut self.rules {
            if !kept.rule.fits(call) {
                continue;
            }
            kept.matched = kept.matched.saturating_add(1);
            if injection.is_none() && kept.wants() {
                injection = Some(Injection {
                    fault: kept.rule.fault.clone(),
                    rule: kept.id,
                    before: kept.taken,
                    removed: kept.removed.clone(),
                });
                kept.taken = kept.taken.saturating_add(1);
            }
        }
        injection
    }

    /// Notes that a fault has done its work. The rule may be gone by now.
    pub(crate) fn struck(&mut self, rule: u64) {
        if let Some(kept) = self.rules.iter_mut().find(|kept| kept.id == rule) {
            kept.struck = kept.struck.saturating_add(1);
        }
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        self.removed.cancel();
    }
}

impl Kept {
    fn wants(&mut self) -> bool {
        let is_due = self.matched >= self.rule.from
            && self.rule.times.is_none_or(|times| self.taken < times);
        // One draw per request that is due, so that a seed always gives the same sequence.
        is_due && self.rule.chance.as_mut().is_none_or(Draw::next)
    }
}

impl Rule {
    fn fits(&self, call: &Call<'_>) -> bool {
        self.operation.is_none_or(|operation| call.operation == Some(operation))
            && self.grant.is_none_or(|grant| call.grant == grant)
            && self.path.as_ref().is_none_or(|path| call.path.contains(path))
    }
}

impl Fault {
    /// The word for it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Refuse(_) => "refuse",
            Self::ResetBefore => "reset_before",
            Self::ResetAfter => "reset_after",
            Self::Hang { .. } => "hang",
            Self::Slow { .. } => "slow",
            Self::Truncate { .. } => "truncate",
            Self::Answer { answer: Other::Garbage, .. } => "garbage",
            Self::Answer { answer: Other::Page(_), .. } => "html",
            Self::Answer { answer: Other::Status { .. }, .. } => "status",
            Self::WrongType => "wrong_type",
            Self::Omit { .. } => "omit",
            Self::ExpireBearers => "expire_bearers",
        }
    }
}
