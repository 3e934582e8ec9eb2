//! The file for a bug report: the shape of the API responses.
//!
//! It contains only fixed words, counts, and the names and codes that
//! [`Private`](super::names::Private) allows.

use std::fmt::Write as _;

use super::contract::Endpoint;
use super::finding::{Finding, Mark, Part};
use super::seen::{Exchange, Seen};
use super::settings::Origin;
use super::unexpected;

/// The URL to which users attach reports.
pub(super) const ISSUES: &str =
    "https://github.com/anaconda-community/terraform-provider-anaconda/issues/new/choose";

/// Returns the whole file, in Markdown.
pub(super) fn report(findings: &[Finding], seen: &Seen, origins: &[Origin]) -> String {
    let mut text = format!(
        "# What Anaconda's service sends, by shape\n\n\
         Written by `terraform-provider-anaconda check --report`. It contains names of fields, types, \
         formats, status codes, names of headers, counts, and codes that the API defines, and no other \
         values: no address, ID, or token. Read it, then attach it to an issue:\n\
         <{ISSUES}>\n\n\
         - provider: {}\n- system: {} {}\n",
        env!("CARGO_PKG_VERSION"),
        std::env::consts::OS,
        std::env::consts::ARCH,
    );
    text.push_str("\n## Settings\n\n");
    for origin in origins {
        let _ = writeln!(text, "- `{}`: {}", origin.name, origin.source.describe());
    }
    text.push_str("\n## Steps\n\n");
    let steps = findings.iter().filter(|it| it.part != Part::Settings || it.mark > Mark::Ok);
    for finding in steps {
        let code = if finding.code == finding.mark.word() { "" } else { finding.code };
        let code = if code.is_empty() { String::new() } else { format!(" ({code})") };
        let _ = writeln!(text, "- {}: {}{code}", finding.step, finding.mark.word());
    }
    if let Some(life) = seen.token_life {
        let _ = writeln!(text, "\nAn access token expires after {life} seconds.");
    }
    if let Some(ahead) = seen.clock_ahead {
        let _ = writeln!(text, "\nThe clock of the service is {ahead} seconds ahead.");
    }
    text.push_str("\n## Unexpected\n\n");
    let odd = unexpected::odd(seen);
    if odd.is_empty() {
        text.push_str("Nothing.\n");
    }
    for (_, line) in odd {
        let _ = writeln!(text, "- {line}");
    }
    for ((endpoint, status), exchange) in &seen.exchanges {
        text.push_str(&section(*endpoint, *status, exchange, seen));
    }
    text
}

fn section(endpoint: Endpoint, status: u16, exchange: &Exchange, seen: &Seen) -> String {
    let mut text = format!("\n## `{}`: {status}\n\n", endpoint.describe());
    let _ = writeln!(text, "- responses: {}", exchange.count);
    let versions: Vec<_> = exchange.versions.iter().map(String::as_str).collect();
    let _ = writeln!(text, "- protocol: {}", versions.join(", "));
    let contents: Vec<_> = exchange
        .contents
        .iter()
        .map(|(it, count)| format!("{} ({count})", it.describe()))
        .collect();
    let _ = writeln!(text, "- bodies: {}", contents.join(", "));
    let (written, hidden): (Vec<_>, Vec<_>) =
        exchange.headers.keys().partition(|name| seen.private.may_write_header(name));
    let mut headers: Vec<_> = written.iter().map(|name| format!("`{name}`")).collect();
    if !hidden.is_empty() {
        headers.push(format!("{} possibly private", hidden.len()));
    }
    let _ = writeln!(text, "- headers: {}", headers.join(", "));
    let lines = exchange.shape.lines(endpoint.fields(status), &seen.private);
    if exchange.shape.is_empty() {
        return text;
    }
    text.push_str("\n```text\n");
    for (depth, line) in lines {
        let _ = writeln!(text, "{}{line}", "  ".repeat(depth));
    }
    text.push_str("```\n");
    text
}
