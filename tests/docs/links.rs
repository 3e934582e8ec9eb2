//! Checks that every link of every page has a target.

use std::path::{Component, Path, PathBuf};

use crate::files;
use crate::markdown::{anchors, links};

/// Returns the problem with a link of a page, or `None` if the link is valid.
fn fault(page: &str, target: &str) -> Option<&'static str> {
    if let Some(rest) = target.strip_prefix("https://") {
        let host = rest.split('/').next().unwrap_or_default();
        let good = host.contains('.') && !target.contains([' ', '<', '>']);
        return (!good).then_some("this is no address");
    }
    if target.contains(':') {
        return Some("only https and paths of this project can be linked to");
    }
    let (path, anchor) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() {
        PathBuf::from(page)
    } else {
        match tidied(&Path::new(page).parent().unwrap().join(path)) {
            Some(file) => file,
            None => return Some("it leads out of the project"),
        }
    };
    let file = file.to_str().unwrap();
    if !files::path(file).exists() {
        return Some("there is no such file");
    }
    let found = anchor.is_empty() || anchors(&files::read(file)).iter().any(|it| it == anchor);
    (!found).then_some("there is no such heading")
}

/// Returns a path without `..`, or `None` if the path is outside of the project.
fn tidied(path: &Path) -> Option<PathBuf> {
    let mut tidy = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if !tidy.pop() => return None,
            Component::ParentDir | Component::CurDir => {}
            part => tidy.push(part),
        }
    }
    Some(tidy)
}

#[test]
fn every_link_has_existing_target() {
    let mut faults = Vec::new();
    let mut seen = 0;
    for page in files::markdown() {
        for link in links(&files::read(&page)) {
            seen += 1;
            if let Some(fault) = fault(&page, &link.target) {
                faults.push(format!("{page}:{}: {}: {fault}", link.line, link.target));
            }
        }
    }
    assert!(seen > 40, "only {seen} links were found");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn broken_links_are_reported_by_checker() {
    let page = "docs/guides/adopt-an-organization.md";
    for bad in [
        "nothing.md",
        "#nothing",
        "../../README.md#nothing",
        "../../../elsewhere.md",
        "http://example.com/",
        "https://",
    ] {
        assert!(fault(page, bad).is_some(), "{bad}");
    }
    for good in ["#tokens", "../../README.md#try-it-with-the-sandbox", "https://example.com/a"] {
        assert_eq!(fault(page, good), None, "{good}");
    }
}
