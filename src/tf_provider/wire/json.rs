//! JSON encoding of values, as in state files.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::Malformed;
use crate::tf_provider::resource::Upgrade;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::{Number, Value};

/// Decodes a value of type `kind`.
///
/// An attribute that is missing in an older state becomes null. An attribute that the schema no
/// longer contains is dropped, as Terraform itself does.
pub(super) fn decode(bytes: &[u8], kind: &Type) -> Result<Value, Malformed> {
    value(parse(bytes)?, kind)
}

/// Decodes a stored object of an older schema version, and applies these upgrades.
pub(super) fn decode_stored(
    bytes: &[u8],
    kind: &Type,
    upgrades: &[Upgrade],
) -> Result<Value, Malformed> {
    let mut json = parse(bytes)?;
    if let Json::Object(attributes) = &mut json {
        for upgrade in upgrades {
            upgrade(attributes);
        }
    }
    value(json, kind)
}

fn parse(bytes: &[u8]) -> Result<Json, Malformed> {
    serde_json::from_slice(bytes).map_err(|e| {
        // The full message might contain a part of the state.
        Malformed::new(format!("not valid JSON (line {}, column {})", e.line(), e.column()))
    })
}

fn value(json: Json, kind: &Type) -> Result<Value, Malformed> {
    match (json, kind) {
        (Json::Null, _) => Ok(Value::Null),
        (Json::Bool(truth), Type::Bool) => Ok(Value::Bool(truth)),
        (Json::String(text), Type::String) => Ok(Value::String(text)),
        (Json::Number(number), Type::Number) => {
            let whole = number.as_i64().map(Number::Int);
            let large = || number.as_u64().map(|n| Number::Decimal(n.to_string()));
            let broken = || number.as_f64().and_then(Number::from_f64);
            whole
                .or_else(large)
                .or_else(broken)
                .map(Value::Number)
                .ok_or_else(|| Malformed::expected("a finite decimal number"))
        }
        (Json::Array(items), Type::List(element) | Type::Set(element)) => items
            .into_iter()
            .map(|item| value(item, element))
            .collect::<Result<_, _>>()
            .map(Value::List),
        (Json::Object(fields), Type::Map(element)) => fields
            .into_iter()
            .map(|(key, item)| Ok((key, value(item, element)?)))
            .collect::<Result<_, _>>()
            .map(Value::Object),
        (Json::Object(mut fields), Type::Object(attributes)) => {
            let mut known = BTreeMap::new();
            for (name, kind) in attributes {
                let stored = fields.remove(name).unwrap_or(Json::Null);
                known.insert(name.clone(), value(stored, kind).map_err(|e| e.inside(name))?);
            }
            Ok(Value::Object(known))
        }
        _ => Err(Malformed::new("a value is not of the type that the schema declares")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stored_object_is_read_with_current_schema() {
        let kind = Type::object([
            ("emails", Type::set(Type::String)),
            ("months", Type::Number),
            ("new", Type::String),
            ("keepers", Type::map(Type::String)),
        ]);
        let stored = br#"{"emails":["a"],"months":0.5,"keepers":{"k":"v"},"dropped":[{}]}"#;
        let read = decode(stored, &kind).unwrap();
        assert_eq!(read.get("emails"), &Value::List(vec!["a".into()]));
        assert_eq!(read.get("months"), &Value::Number(Number::Decimal("0.5".into())));
        assert_eq!(read.get("keepers").get("k"), &"v".into());
        let Value::Object(fields) = read else { panic!("no object") };
        assert_eq!(fields.get("new"), Some(&Value::Null));
        assert!(!fields.contains_key("dropped"));
    }

    #[test]
    fn older_state_runs_each_missing_upgrade() {
        let upgrades: [Upgrade; 2] = [
            |attributes| {
                let old = attributes.remove("mail").unwrap_or_default();
                attributes.insert("email".to_owned(), old);
            },
            |attributes| {
                let address = attributes["email"].as_str().map(str::to_lowercase);
                attributes.insert("email".to_owned(), address.into());
            },
        ];
        let kind = Type::object([("email", Type::String)]);
        let version_0 = decode_stored(br#"{"mail":"A"}"#, &kind, &upgrades).unwrap();
        assert_eq!(version_0.get("email"), &"a".into());
        let version_1 = decode_stored(br#"{"email":"A"}"#, &kind, &upgrades[1..]).unwrap();
        assert_eq!(version_1.get("email"), &"a".into());
        let version_2 = decode_stored(br#"{"email":"A"}"#, &kind, &[]).unwrap();
        assert_eq!(version_2.get("email"), &"A".into());
    }

    #[test]
    fn broken_state_error_shows_no_content() {
        let kind = Type::object([("token", Type::String)]);
        for stored in ["{\"token\":\"hunter2\"", "{\"token\":[\"hunter2\"]}", "", "[\"hunter2\"]"] {
            let problem = decode(stored.as_bytes(), &kind).unwrap_err().to_string();
            assert!(!problem.contains("hunter2"), "{problem}");
        }
    }
}
