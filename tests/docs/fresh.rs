//! The pages in `docs/` are those that would be written.

use std::collections::BTreeSet;
use std::{env, fs};

use crate::{files, offer, page};

/// All pages that are made, with their texts.
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

#[test]
fn the_pages_are_what_schemas_examples_and_templates_say() {
    let update = env::var_os("UPDATE_DOCS").is_some();
    let mut stale = Vec::new();
    for (name, text) in pages() {
        let path = files::path(&name);
        if fs::read_to_string(&path).is_ok_and(|there| there == text) {
            continue;
        }
        if update {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
        } else {
            stale.push(name);
        }
    }
    assert!(
        stale.is_empty(),
        "These pages are not what the schemas, the examples and tests/docs/pages say: {stale:?}. \
         Write them with `UPDATE_DOCS=1 cargo test --test docs`, and look at the difference."
    );
}

#[test]
fn every_template_and_every_reference_page_is_about_something_offered() {
    let offered: BTreeSet<_> = offer::all().iter().map(offer::Offered::page).collect();
    let reference = |pages: BTreeSet<String>| -> BTreeSet<String> {
        let folders = |page: &String| page == "index.md" || page.contains('/');
        pages.into_iter().filter(|it| folders(it) && !it.starts_with("guides/")).collect()
    };
    assert_eq!(reference(files::below(page::TEMPLATES)), offered);
    assert_eq!(reference(files::below("docs")), offered);
}
