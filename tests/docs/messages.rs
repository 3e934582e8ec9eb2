//! The troubleshooting guide has every message of the provider, and no other.

use std::collections::BTreeSet;
use std::path::Path;

use regex_lite::Regex;

use crate::files;

/// The first lines of all diagnostics in the sources. Tests and the sandbox tell users nothing.
fn in_sources() -> BTreeSet<String> {
    let direct = Regex::new(r#"Diagnostic::(?:error|warning)\(\s*"([^"]+)""#).unwrap();
    let once = Regex::new(r#"warn_once\(\s*cx,\s*"([^"]+)""#).unwrap();
    // What an error of the client is called.
    let chosen = Regex::new(r#"=>\s*\(?\s*\(\s*"([A-Z][^"]+)","#).unwrap();
    let mut found = BTreeSet::new();
    for path in files::below("src") {
        let is_code = Path::new(&path).extension().is_some_and(|extension| extension == "rs");
        if path.starts_with("sandbox") || !is_code || path == "lib.rs" {
            continue;
        }
        let text = files::read(&format!("src/{path}"));
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap();
        let patterns = if path.ends_with("diagnose.rs") {
            vec![&direct, &chosen]
        } else {
            vec![&direct, &once]
        };
        for pattern in patterns {
            found.extend(pattern.captures_iter(code).map(|one| one[1].to_owned()));
        }
    }
    found
}

/// The first column of the guide's tables.
fn in_guide() -> BTreeSet<String> {
    let guide = files::read("tests/docs/pages/guides/troubleshooting.md");
    let rows = guide.lines().filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    rows.filter(|cell| *cell != "message").map(str::to_owned).collect()
}

#[test]
fn every_message_has_its_cause_and_cure() {
    let (sources, guide) = (in_sources(), in_guide());
    let missing: Vec<_> = sources.difference(&guide).collect();
    let vain: Vec<_> = guide.difference(&sources).collect();
    assert!(missing.is_empty() && vain.is_empty(), "missing: {missing:#?}\nin vain: {vain:#?}");
    assert!(sources.len() > 80, "only {} messages were found", sources.len());
}
