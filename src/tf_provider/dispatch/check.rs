//! Checks that need only the schema: which arguments must be set, and which values are valid.

use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics};
use crate::tf_provider::path::{Path, Step};
use crate::tf_provider::schema::{Attribute, Configurability, Schema};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// Runs the checks of the schema on the known values of a configuration.
pub(in crate::tf_provider) fn check(schema: &Schema, config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    for attribute in &schema.attributes {
        check_attribute(attribute, config, Path::attribute(attribute.name), &mut found);
    }
    for block in schema.blocks.iter().filter(|block| !config.get(block.name).is_null()) {
        for attribute in &block.attributes {
            let path = Path::attribute(block.name).then(Step::Attribute(attribute.name.to_owned()));
            check_attribute(attribute, config.get(block.name), path, &mut found);
        }
    }
    found
}

fn check_attribute(attribute: &Attribute, parent: &Value, path: Path, found: &mut Diagnostics) {
    let value = parent.get(attribute.name);
    match value {
        Value::Null if attribute.configurability == Configurability::Required => {
            found.push(must_be_set(path));
        }
        Value::Null | Value::Unknown => {}
        _ => {
            let mut wrong = Diagnostics::default();
            check_elements(attribute, value, &path, &mut wrong);
            // If an element is invalid, errors about the whole collection are irrelevant.
            if wrong.is_empty() && value.is_wholly_known() {
                for fault in attribute.faults(value) {
                    wrong.push(invalid(attribute, path.clone(), fault));
                }
            }
            found.extend(wrong);
        }
    }
}

/// Terraform checks that a required argument is written, but not that it has a value.
fn must_be_set(path: Path) -> Diagnostic {
    let what = format!("`{path}` must be set, but it is null.");
    Diagnostic { path, ..Diagnostic::error("Missing required argument", what) }
}

fn check_elements(attribute: &Attribute, value: &Value, path: &Path, found: &mut Diagnostics) {
    match value {
        Value::List(items) => {
            for (position, item) in (0..).zip(items) {
                // Terraform cannot refer to an element of a set.
                let place = match attribute.kind {
                    Type::Set(_) => path.clone(),
                    _ => path.clone().then(Step::Index(position)),
                };
                check_element(attribute, item, place, found);
            }
        }
        Value::Object(fields) if matches!(attribute.kind, Type::Map(_)) => {
            for (key, item) in fields {
                let place = path.clone().then(Step::Key(key.clone()));
                check_element(attribute, item, place, found);
            }
        }
        _ => {}
    }
}

fn check_element(attribute: &Attribute, item: &Value, path: Path, found: &mut Diagnostics) {
    match item {
        Value::Null if !attribute.null_elements => {
            let what = format!(
                "One element of `{}` is null. Remove it. For a list that might have null elements, \
                 write `[for it in <LIST> : it if it != null]`.",
                attribute.name
            );
            found.push(invalid(attribute, path, what));
        }
        Value::Null | Value::Unknown => {}
        item => {
            for check in &attribute.element_checks {
                if let Err(wrong) = check(item) {
                    found.push(invalid(attribute, path.clone(), wrong));
                }
            }
        }
    }
}

fn invalid(attribute: &Attribute, path: Path, wrong: String) -> Diagnostic {
    let summary = format!("Invalid value for \"{}\"", attribute.name);
    Diagnostic { path, ..Diagnostic::error(summary, wrong) }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tf_provider::schema::{Block, optional, required};
    use crate::tf_provider::value::Number;

    fn schema() -> Schema {
        let is_long = |value: &Value| match value.as_str() {
            Some("x") => Err("It is short.".to_owned()),
            _ => Ok(()),
        };
        Schema::new("A thing.")
            .attributes([
                required("owner", Type::String, "Who has it."),
                optional("months", Type::Number, "How long.").whole_number(0, 120),
                optional("names", Type::set(Type::String), "Names.").check_each(is_long),
                optional("list", Type::list(Type::String), "Names.").check_each(is_long),
                optional("keepers", Type::map(Type::String), "Any.").null_elements(),
                optional("map", Type::map(Type::String), "Any."),
            ])
            .block(Block {
                name: "inner",
                description: "Inside.",
                attributes: vec![required("must", Type::String, "Must be.")],
            })
    }

    /// Returns the paths of the errors in a configuration with this one value.
    fn places(name: &str, value: Value) -> Vec<String> {
        let mut config = Value::Object(BTreeMap::new());
        config.set("owner", "ada");
        config.set(name, value);
        check(&schema(), &config).iter().map(|one| one.path.to_string()).collect()
    }

    fn list<const N: usize>(items: [Value; N]) -> Value {
        Value::List(items.into())
    }

    fn map(value: Value) -> Value {
        Value::Object(BTreeMap::from([("a".to_owned(), value), ("b".to_owned(), Value::Unknown)]))
    }

    #[test]
    fn null_required_argument_returns_error() {
        assert_eq!(places("owner", Value::Null), ["owner"]);
        assert!(places("owner", Value::Unknown).is_empty());
        assert!(places("inner", Value::Null).is_empty(), "a block may be left out");
        assert_eq!(places("inner", Value::Object(BTreeMap::new())), ["inner.must"]);
    }

    #[test]
    fn number_requires_integer_within_range() {
        let number = |digits| Value::Number(Number::parse(digits).unwrap());
        for good in ["0", "120"] {
            assert!(places("months", number(good)).is_empty(), "{good}");
        }
        for bad in ["-1", "121", "1.5", "9223372036854775808", "1000000000000000000000000000000"] {
            assert_eq!(places("months", number(bad)), ["months"], "{bad}");
        }
    }

    #[test]
    fn invalid_element_error_has_its_path() {
        for wrong in [Value::Null, "x".into()] {
            let items = || list([Value::Unknown, "long".into(), wrong.clone()]);
            assert_eq!(places("names", items()), ["names"]);
            assert_eq!(places("list", items()), ["list[2]"]);
        }
        assert_eq!(places("map", map(Value::Null)), ["map[\"a\"]"]);
        assert!(places("keepers", map(Value::Null)).is_empty());
    }
}
