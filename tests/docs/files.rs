//! The project's files.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fresh;

/// A path of the project.
pub(crate) fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// The text of a file of the project.
pub(crate) fn read(below: &str) -> String {
    fs::read_to_string(path(below)).unwrap_or_else(|e| panic!("{below}: {e}"))
}

/// All files below a directory of the project, as paths below that directory with `/`.
pub(crate) fn below(directory: &str) -> BTreeSet<String> {
    let root = path(directory);
    let mut found = BTreeSet::new();
    collect(&root, &root, &mut found);
    found
}

fn collect(root: &Path, directory: &Path, found: &mut BTreeSet<String>) {
    let entries =
        fs::read_dir(directory).unwrap_or_else(|e| panic!("{}: {e}", directory.display()));
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        // What Terraform and other programs leave behind is nothing of ours.
        if name.starts_with('.') || name.starts_with("terraform.tfstate") {
            continue;
        }
        if path.is_dir() {
            collect(root, &path, found);
        } else {
            let below = path.strip_prefix(root).unwrap().to_str().unwrap();
            found.insert(below.replace('\\', "/"));
        }
    }
}

/// All Markdown of the project that is for readers, as paths below the project.
pub(crate) fn markdown() -> Vec<String> {
    fresh::written();
    let root = fs::read_dir(path("")).unwrap();
    let root = root.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let docs = below("docs").into_iter().map(|page| format!("docs/{page}"));
    let examples = below("examples").into_iter().map(|file| format!("examples/{file}"));
    let all = root.chain(docs).chain(examples);
    all.filter(|name| Path::new(name).extension().is_some_and(|it| it == "md")).collect()
}
