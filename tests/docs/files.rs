//! Files of the project.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::fresh;

/// Returns the absolute path of a file in the project.
pub(crate) fn path(below: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(below)
}

/// Returns the text of a file in the project.
pub(crate) fn read(below: &str) -> String {
    fs::read_to_string(path(below)).unwrap_or_else(|e| panic!("{below}: {e}"))
}

/// Returns all files below a directory of the project, as paths below that directory with `/`.
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
        // Terraform and other programs create these files. They do not belong to the project.
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

/// Returns all Markdown files of the project that are for readers, as paths below the project.
pub(crate) fn markdown() -> Vec<String> {
    fresh::written();
    let root = fs::read_dir(path("")).unwrap();
    let root = root.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let docs = below("docs").into_iter().map(|page| format!("docs/{page}"));
    let examples = below("examples").into_iter().map(|file| format!("examples/{file}"));
    let all = root.chain(docs).chain(examples);
    all.filter(|name| Path::new(name).extension().is_some_and(|it| it == "md")).collect()
}
