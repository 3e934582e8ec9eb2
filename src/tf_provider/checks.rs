//! Checks of whole configurations that several types need.

use super::diagnostics::{Diagnostic, Diagnostics};
use super::value::Value;

/// Returns an error unless exactly one of two arguments is set. An unknown argument passes, because
/// it might become null.
#[must_use]
pub fn exactly_one(config: &Value, one: &str, other: &str) -> Diagnostics {
    match (config.get(one), config.get(other)) {
        (Value::Null, Value::Null) => {
            let what =
                format!("Exactly one of `{one}` and `{other}` must be set, but neither is set.");
            Diagnostic::error("Missing required argument", what).into()
        }
        (Value::Unknown | Value::Null, _) | (_, Value::Unknown | Value::Null) => {
            Diagnostics::default()
        }
        _ => {
            let what = format!(
                "Exactly one of `{one}` and `{other}` must be set, but both are set. Remove one of them."
            );
            Diagnostic::error("Conflicting configuration arguments", what).at(other).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn exactly_one_rejects_both_and_neither() {
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
