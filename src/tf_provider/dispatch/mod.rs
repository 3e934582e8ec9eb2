//! What the protocol's calls mean, on this layer's own types: a file per kind of thing.

pub(super) mod resources;

use super::diagnostics::{Diagnostic, Diagnostics};
use super::path::{Path, Step};
use super::schema::{Attribute, Schema};
use super::value::Value;

/// Runs the schema's own checks on the known values of a configuration.
pub(super) fn check(schema: &Schema, config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    for attribute in &schema.attributes {
        check_attribute(attribute, config, &Path::attribute(attribute.name), &mut found);
    }
    for block in &schema.blocks {
        for attribute in &block.attributes {
            let path = Path::attribute(block.name).then(Step::Attribute(attribute.name.to_owned()));
            check_attribute(attribute, config.get(block.name), &path, &mut found);
        }
    }
    found
}

fn check_attribute(attribute: &Attribute, parent: &Value, path: &Path, found: &mut Diagnostics) {
    let value = parent.get(attribute.name);
    if value.is_null() || !value.is_wholly_known() {
        return;
    }
    for check in &attribute.checks {
        if let Err(wrong) = check(value) {
            let summary = format!("Invalid value of \"{}\"", attribute.name);
            found.push(Diagnostic { path: path.clone(), ..Diagnostic::error(summary, wrong) });
        }
    }
}
