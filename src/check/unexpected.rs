//! Parts of responses that this version does not know: fields, types, codes, and formats that
//! Anaconda does not document.

use super::Check;
use super::contract::Endpoint;
use super::finding::{Finding, Part};
use super::seen::{Content, Seen};
use super::shape::{Oddity, count};

/// Advice for a user whose organization returns something unknown.
const REPORT: &str = "To report it, attach the file of `--report FILE` to an issue.";

impl Check {
    pub(super) fn unexpected(&mut self) {
        let found = odd(&self.recorder.seen());
        if found.is_empty() {
            let text = "all responses have the documented format";
            self.output.add(Finding::ok(Part::Unexpected, "responses", text));
        }
        let last = found.len().saturating_sub(1);
        for (index, (code, text)) in found.into_iter().enumerate() {
            let finding = Finding::remark(Part::Unexpected, "responses", code, text);
            // Only the last finding contains the advice.
            let finding = if index == last { finding.advise(REPORT) } else { finding };
            self.output.add(finding);
        }
    }
}

/// Returns everything unexpected, as a fixed word and a line without a value.
pub(super) fn odd(seen: &Seen) -> Vec<(&'static str, String)> {
    let mut found = Vec::new();
    for ((endpoint, status), exchange) in &seen.exchanges {
        let request = name(*endpoint);
        if !endpoint.expects(*status) {
            found.push(("status", format!("{request}: status {status}")));
        }
        let odd = |content: &&Content| !matches!(content, Content::Json | Content::Empty);
        // A path that does not exist can return any content.
        if matches!(status, 404 | 405) {
            continue;
        }
        found.extend(
            exchange.contents.keys().filter(odd).map(|it| {
                ("content", format!("{request}: {} with status {status}", it.describe()))
            }),
        );
    }
    for (endpoint, oddity) in seen.oddities() {
        let (code, what) = describe(&oddity);
        found.push((code, format!("{}: {what}", name(endpoint))));
    }
    found
}

fn name(endpoint: Endpoint) -> &'static str {
    match endpoint {
        Endpoint::Token => "token endpoint",
        Endpoint::Users => "list of users",
        Endpoint::Tokens => "list of a user's tokens",
        Endpoint::ServiceAccounts => "list of service accounts",
        Endpoint::Other => "another request",
    }
}

fn describe(oddity: &Oddity) -> (&'static str, String) {
    let at = |place: &str| if place.is_empty() { "body".to_owned() } else { format!("`{place}`") };
    match oddity {
        Oddity::Field(place) => ("field", format!("{} is not documented", at(place))),
        Oddity::HiddenFields(place, number) => {
            let names = count(*number, "name", "names");
            ("field", format!("{}: {names}, not documented and possibly private", at(place)))
        }
        Oddity::Kind(place, kind) => ("type", format!("{} is {}", at(place), kind.describe())),
        Oddity::Code(place, code) if place.ends_with("subscriptions[]") => {
            let what = format!("{} is `{code}`, which is unknown and counts as a seat", at(place));
            ("product", what)
        }
        Oddity::Code(place, code) => {
            ("code", format!("{} is `{code}`, which is unknown", at(place)))
        }
        Oddity::HiddenCodes(place, number) => {
            let codes = count(*number, "code", "codes");
            ("code", format!("{}: {codes}, unknown and possibly private", at(place)))
        }
        Oddity::Date(place, form) => {
            ("date", format!("{} is {form}, not an RFC 3339 timestamp", at(place)))
        }
    }
}
