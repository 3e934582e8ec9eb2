//! The pages in `docs/` that show the results.

use std::path::PathBuf;

/// Where sections begin that other programs make.
const OTHERS: &str = "\n<!-- begin: ";

/// Compares a page with the one in the docs or, with `UPDATE_DOCS`, writes that.
///
/// Whether the first apply went through or the next one may depend on the moment, so those signs
/// (`+` and `o`) count as the same, and the lines in bold, which count them, as well.
#[track_caller]
pub(crate) fn check(name: &str, page: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs").join(name);
    let kept = std::fs::read_to_string(&path).unwrap_or_default();
    let (kept, others) = kept.split_at(kept.find(OTHERS).unwrap_or(kept.len()));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{page}{others}")).unwrap();
        return;
    }
    let shape = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("**"));
        lines.map(|line| line.replace('+', "o")).collect::<Vec<_>>()
    };
    assert_eq!(
        shape(kept),
        shape(page),
        "docs/{name} is not up to date: UPDATE_DOCS=1 cargo test --test wire matrix"
    );
}
