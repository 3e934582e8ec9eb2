//! Checks that every test name in the documents belongs to an existing test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Documents with promises.
const DOCUMENTS: [&str; 3] = ["SECURITY.md", "docs/fuzzing.md", "docs/reliability-tests.md"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Returns the names of all tests: functions directly after `#[test]` or `#[tokio::test]`.
fn tests() -> BTreeSet<String> {
    let mut found = Vec::new();
    for folder in ["src", "tests", "acceptance"] {
        sources(&root().join(folder), &mut found);
    }
    let mut names = BTreeSet::new();
    for file in found {
        let text = fs::read_to_string(file).unwrap();
        let mut lines = text.lines().map(str::trim);
        while let Some(line) = lines.next() {
            if line == "#[test]" || line.starts_with("#[tokio::test") {
                let function = lines.find(|line| !line.starts_with("#["));
                let name = function.and_then(|line| line.split_once("fn "));
                names.extend(name.map(|(_, name)| name.split('(').next().unwrap().to_owned()));
            }
        }
    }
    names
}

/// Returns the texts between backticks in a document that have the form of a test name.
fn named(text: &str) -> BTreeSet<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let is_name = |text: &&str| {
        text.matches('_').count() >= 3
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
    };
    quoted.filter(is_name).collect()
}

#[test]
fn tests_named_in_documents_exist() {
    let tests = tests();
    assert!(tests.contains("tests_named_in_documents_exist"));
    for document in DOCUMENTS {
        let text = fs::read_to_string(root().join(document)).unwrap();
        let named = named(&text);
        assert!(named.len() >= 10, "{document}: the promises are gone");
        for name in named {
            assert!(tests.contains(name), "{document} names {name}, and there is no such test");
        }
    }
}
