//! The section of `docs/crash-matrix.md` with the results. Another test maintains the rest of the
//! page.

use std::path::PathBuf;

const BEGIN: &str = "<!-- begin: Terraform is killed -->\n";
const END: &str = "<!-- end: Terraform is killed -->\n";

/// Compares the section with the page or, with `UPDATE_DOCS`, writes it to the page.
#[track_caller]
pub(super) fn check(section: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/crash-matrix.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (before, rest) = page.split_once(BEGIN).unwrap_or((&page, ""));
    let (kept, after) = rest.split_once(END).unwrap_or(("", ""));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        let page = format!("{}\n\n{BEGIN}{section}{END}{after}", before.trim_end());
        std::fs::write(&path, page).unwrap();
        return;
    }
    assert_eq!(
        kept, section,
        "docs/crash-matrix.md is not up to date: UPDATE_DOCS=1 cargo test --test acceptance killed"
    );
}
