//! Checks that a page shows every example, or that a page or the README names its project.

use std::collections::BTreeSet;

use terraform_provider_anaconda::tf_provider::catalog::Kind;

use crate::offer;
use crate::{files, page};

/// Directories of examples that the reference pages show file by file.
const REFERENCE: [&str; 7] = [
    "provider",
    "resources",
    "data-sources",
    "ephemeral-resources",
    "list-resources",
    "actions",
    "functions",
];

/// Returns the names and texts of all templates.
fn templates() -> Vec<(String, String)> {
    let names = files::below(page::TEMPLATES);
    let read = |name: String| {
        let text = files::read(&format!("{}/{name}", page::TEMPLATES));
        (name, text)
    };
    names.into_iter().map(read).collect()
}

#[test]
fn every_example_appears_on_some_page() {
    let templates = templates();
    let shown: BTreeSet<_> = templates.iter().flat_map(|(_, text)| page::shown(text)).collect();
    let pages: String = files::markdown().iter().map(|name| files::read(name)).collect();
    for file in files::below("examples") {
        let top = file.split('/').next().unwrap();
        if REFERENCE.contains(&top) {
            assert!(shown.contains(file.as_str()), "no page shows examples/{file}");
        } else {
            let named = pages.contains(&format!("examples/{top}"))
                || pages.contains(&format!("--example {top}"));
            assert!(named, "no page names examples/{top}, which has {file}");
        }
    }
}

#[test]
fn registered_types_match_example_directories() {
    let offered: BTreeSet<_> = offer::all()
        .into_iter()
        .filter(|it| it.kind != Kind::Provider)
        .map(|it| format!("{}/{}", offer::folder(it.kind).unwrap(), it.name))
        .collect();
    let there: BTreeSet<_> = files::below("examples")
        .into_iter()
        .filter_map(|file| {
            let mut parts = file.split('/');
            let (kind, name) = (parts.next()?, parts.next()?);
            (REFERENCE.contains(&kind) && kind != "provider").then(|| format!("{kind}/{name}"))
        })
        .collect();
    assert_eq!(offered, there);
}
