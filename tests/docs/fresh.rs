//! Checks that the pages in `docs/` are up to date.

use std::collections::BTreeSet;
use std::sync::Once;
use std::{env, fs};

use crate::{files, offer, page};

/// Returns the names and texts of all generated pages.
fn pages() -> Vec<(String, String)> {
    let offered = offer::all();
    let mut pages: Vec<_> =
        offered.iter().map(|it| (format!("docs/{}", it.page()), page::reference(it))).collect();
    for template in files::below(page::TEMPLATES) {
        if template.starts_with("guides/") {
            let text = files::read(&format!("{}/{template}", page::TEMPLATES));
            pages.push((format!("docs/{template}"), page::guide(&text)));
        }
    }
    pages
}

/// Writes the pages once if `UPDATE_DOCS` is set. Every test that reads pages calls this function
/// first. Tests run concurrently, and must not read outdated pages.
pub(crate) fn written() {
    static WRITTEN: Once = Once::new();
    WRITTEN.call_once(|| {
        if env::var_os("UPDATE_DOCS").is_none() {
            return;
        }
        for (name, text) in pages() {
            let path = files::path(&name);
            if fs::read_to_string(&path).is_ok_and(|there| there == text) {
                continue;
            }
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        }
    });
}

#[test]
fn pages_match_schemas_examples_and_templates() {
    written();
    let is_stale = |(name, text): &(String, String)| {
        fs::read_to_string(files::path(name)).map_or(true, |there| there != *text)
    };
    let stale: Vec<_> = pages().into_iter().filter(is_stale).map(|(name, _)| name).collect();
    assert!(
        stale.is_empty(),
        "These pages are not what the schemas, the examples and tests/docs/pages say: {stale:?}. \
         Write them with `UPDATE_DOCS=1 cargo test --test docs`, and look at the difference."
    );
}

#[test]
fn every_reference_page_matches_registered_type() {
    written();
    let offered: BTreeSet<_> = offer::all().iter().map(offer::Offered::page).collect();
    let reference = |pages: BTreeSet<String>| -> BTreeSet<String> {
        let folders = |page: &String| page == "index.md" || page.contains('/');
        pages.into_iter().filter(|it| folders(it) && !it.starts_with("guides/")).collect()
    };
    assert_eq!(reference(files::below(page::TEMPLATES)), offered);
    assert_eq!(reference(files::below("docs")), offered);
}
