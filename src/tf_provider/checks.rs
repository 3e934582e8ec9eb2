//! Checks of whole configurations that many types need.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::value::Value;

/// Exactly one of two arguments must be set. An unknown one counts as set.
#[must_use]
pub fn exactly_one(config: &Value, one: &str, other: &str) -> Diagnostics {
    let both = !config.get(one).is_null() && !config.get(other).is_null();
    let neither = config.get(one).is_null() && config.get(other).is_null();
    let rule = format!("Set exactly one of `{one}` and `{other}`.");
    if both {
        Diagnostic::error("Two arguments that exclude each other", rule).at(other).into()
    } else if neither {
        Diagnostic::error("One of two arguments is missing", rule).into()
    } else {
        Diagnostics::default()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn both_and_neither_are_refused_and_an_unknown_value_counts_as_set() {
        let config = |one: Value, other: Value| {
            Value::Object(BTreeMap::from([("a".to_owned(), one), ("b".to_owned(), other)]))
        };
        let check = |one, other| exactly_one(&config(one, other), "a", "b").has_errors();
        assert!(check(Value::Null, Value::Null));
        assert!(check("x".into(), Value::Unknown));
        assert!(!check(Value::Null, Value::Unknown));
        assert!(!check("x".into(), Value::Null));
    }
}
