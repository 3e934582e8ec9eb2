//! Test that imports between the layers point in one direction, from the outer to the inner.

use std::fs;
use std::path::{Path, PathBuf};

/// Parts of the crate that each part can import, in addition to itself.
const MAY_USE: [(&str, &[&str]); 13] = [
    ("secret", &[]),
    ("sandbox", &[]),
    ("client", &["secret"]),
    ("tf_provider", &["secret"]),
    ("provider_data", &["client", "tf_provider"]),
    ("filters", &["client", "tf_provider"]),
    ("resources", &["provider_data", "client", "tf_provider"]),
    ("data_sources", &["provider_data", "client", "filters", "resources", "tf_provider"]),
    ("ephemeral", &["provider_data", "client", "tf_provider"]),
    ("lists", &["provider_data", "client", "filters", "resources", "tf_provider"]),
    ("actions", &["provider_data", "client", "resources", "tf_provider"]),
    ("functions", &["resources", "tf_provider"]),
    ("check", &["provider_data", "client", "provider", "secret", "tf_provider"]),
];

fn files(path: &Path, found: &mut Vec<PathBuf>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            files(&entry.unwrap().path(), found);
        }
    } else if path.extension().is_some_and(|extension| extension == "rs") {
        found.push(path.to_owned());
    }
}

#[test]
fn module_imports_point_one_way() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for (part, may_use) in MAY_USE {
        let mut found = Vec::new();
        for place in [source.join(part), source.join(format!("{part}.rs"))] {
            if place.exists() {
                files(&place, &mut found);
            }
        }
        assert!(!found.is_empty(), "there is no {part}");
        for file in found {
            let text = fs::read_to_string(&file).unwrap();
            for used in text.split("crate::").skip(1) {
                let name: String =
                    used.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                let allowed = name.is_empty() || name == part || may_use.contains(&name.as_str());
                assert!(allowed, "{} uses crate::{name}, which {part} may not", file.display());
            }
        }
    }
}
