//! Checks that the troubleshooting guide contains every message of the provider, and no other
//! message.

use std::collections::BTreeSet;
use std::path::Path;

use regex_lite::Regex;

use crate::files;

/// Pattern of a Rust string literal with its quotation marks.
const TEXT: &str = r#""((?:[^"\\]|\\(?s:.))+)""#;

/// Returns the summaries of all diagnostics in the sources, and the errors that prevent a start of
/// the provider. Skips the sandbox, because users do not see its messages. Skips the summaries of
/// functions, because they are documentation. Replaces placeholders with `...`.
fn in_sources() -> BTreeSet<String> {
    let made = r"(?:Diagnostic|Self)::(?:error|warning)\(\s*(?:format!\(\s*)?";
    let direct = Regex::new(&format!("{made}{TEXT}")).unwrap();
    let named = Regex::new(&format!(r"summary(?:: | = )(?:format!\()?{TEXT}")).unwrap();
    let at_start = Regex::new(&format!(r"#\[error\(\s*{TEXT}")).unwrap();
    let once = Regex::new(r#"warn_once\(\s*cx,\s*"([^"]+)""#).unwrap();
    // Summaries of client errors.
    let chosen = Regex::new(r#"=>\s*\(?\s*\(\s*"([A-Z][^"]+)","#).unwrap();
    let mut found = BTreeSet::new();
    for path in files::below("src") {
        let is_code = Path::new(&path).extension().is_some_and(|extension| extension == "rs");
        if path.starts_with("sandbox") || !is_code || ["lib.rs", "functions.rs"].contains(&&*path) {
            continue;
        }
        let text = files::read(&format!("src/{path}"));
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let patterns = match path.as_str() {
            "provider_data/diagnose.rs" => vec![&direct, &chosen],
            "tf_provider/serve/error.rs" => vec![&at_start],
            _ => vec![&direct, &named, &once],
        };
        for pattern in patterns {
            found.extend(pattern.captures_iter(code).map(|one| as_told(&one[1])));
        }
    }
    found
}

/// Returns a text of the sources in the form of the guide.
fn as_told(text: &str) -> String {
    let joined = Regex::new(r"\\\n\s*").unwrap().replace_all(text, "");
    let plain = joined.replace("\\\"", "\"");
    Regex::new(r"\{[^}]*\}").unwrap().replace_all(&plain, "...").into_owned()
}

/// Returns the first column of the tables in the guide.
fn in_guide() -> BTreeSet<String> {
    let guide = files::read("tests/docs/pages/guides/troubleshooting.md");
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    rows.filter(|cell| *cell != "message").map(str::to_owned).collect()
}

#[test]
fn every_message_has_troubleshooting_entry() {
    let (sources, guide) = (in_sources(), in_guide());
    let missing: Vec<_> = sources.difference(&guide).collect();
    let vain: Vec<_> = guide.difference(&sources).collect();
    assert!(missing.is_empty() && vain.is_empty(), "missing: {missing:#?}\nin vain: {vain:#?}");
    assert!(sources.len() > 80, "only {} messages were found", sources.len());
}
