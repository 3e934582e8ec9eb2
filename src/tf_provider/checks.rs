//! Checks of whole configurations that many types need.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::value::Value;

/// Exactly one of two arguments must be set. While one of them is unknown, nobody can tell: it may
/// become null.
#[must_use]
pub fn exactly_one(config: &Value, one: &str, other: &str) -> Diagnostics {
    match (config.get(one), config.get(other)) {
        (Value::Null, Value::Null) => {
            let what = format!("Neither `{one}` nor `{other}` is set. Set exactly one of them.");
            Diagnostic::error("One of two arguments is missing", what).into()
        }
        (Value::Unknown | Value::Null, _) | (_, Value::Unknown | Value::Null) => {
            Diagnostics::default()
        }
        _ => {
            let what = format!("Both `{one}` and `{other}` are set. Keep one of them.");
            Diagnostic::error("Two arguments that exclude each other", what).at(other).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn both_and_neither_are_refused_and_an_unknown_value_may_be_either() {
        let config = |one: Value, other: Value| {
            Value::Object(BTreeMap::from([("a".to_owned(), one), ("b".to_owned(), other)]))
        };
        let check = |one, other| exactly_one(&config(one, other), "a", "b").has_errors();
        assert!(check(Value::Null, Value::Null));
        assert!(check("x".into(), "y".into()));
        assert!(!check("x".into(), Value::Unknown));
        assert!(!check(Value::Unknown, Value::Unknown));
        assert!(!check(Value::Null, Value::Unknown));
        assert!(!check("x".into(), Value::Null));
    }
}
