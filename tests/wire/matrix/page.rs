//! Pages in `docs/` that show the results.

use std::path::PathBuf;

/// Start of the sections that other programs generate.
const OTHERS: &str = "\n<!-- begin: ";

/// Compares a page with the one in `docs/`. With `UPDATE_DOCS`, writes the page instead.
///
/// The timing of a run can determine whether the first apply or the next one succeeds. Those signs
/// (`+` and `o`) therefore count as equal. The lines in bold count them and are ignored.
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
