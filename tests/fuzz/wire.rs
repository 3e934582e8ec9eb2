//! Fuzz tests of values in the plugin protocol: MessagePack, and the JSON of state files.

use serde_json::Value as Json;

use super::{json, msgpack};
use crate::fuzz::Bytes;
use crate::tf_provider::resource::Upgrade;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::{Number, Value};

/// Returns the number of parts of a value.
fn parts(value: &Value) -> usize {
    match value {
        Value::List(items) => 1 + items.iter().map(parts).sum::<usize>(),
        Value::Object(fields) => 1 + fields.values().map(parts).sum::<usize>(),
        _ => 1,
    }
}

/// Returns an object with types that resources have.
fn object() -> Type {
    Type::object([
        ("emails", Type::set(Type::String)),
        ("keepers", Type::map(Type::String)),
        ("months", Type::Number),
        ("revoked", Type::Bool),
        ("users", Type::list(Type::object([("id", Type::String)]))),
    ])
}

#[test]
fn msgpack_bytes_parse_or_fail_and_round_trip() {
    bolero::check!().with_iterations(20_000).for_each(|input: &[u8]| {
        let mut bytes = Bytes(input);
        let kind = if bytes.byte() % 2 == 0 { object() } else { bytes.kind(4) };
        let Ok(value) = msgpack::decode(bytes.0, &kind) else { return };
        let attributes = if let Type::Object(attributes) = &kind { attributes.len() } else { 0 };
        assert!(parts(&value) <= bytes.0.len() + attributes, "more came out than was in");
        let written = msgpack::encode(&value, &kind).unwrap();
        assert!(msgpack::decode(&written, &kind).unwrap() == value, "{value:?}");
    });
}

#[test]
fn values_of_any_type_round_trip_through_msgpack() {
    bolero::check!().with_iterations(20_000).for_each(|input: &[u8]| {
        let mut bytes = Bytes(input);
        let kind = bytes.kind(4);
        let value = bytes.value(&kind, true);
        let written = msgpack::encode(&value, &kind).unwrap();
        assert!(msgpack::decode(&written, &kind).unwrap() == value, "{value:?}");
        for cut in 0..written.len() {
            assert!(msgpack::decode(&written[..cut], &kind).is_err(), "cut at {cut}: {value:?}");
        }
    });
}

#[test]
fn values_of_any_type_round_trip_through_state() {
    bolero::check!().with_iterations(20_000).for_each(|input: &[u8]| {
        let mut bytes = Bytes(input);
        let kind = bytes.kind(4);
        let value = bytes.value(&kind, false);
        let written = to_json(&value);
        let read = json::decode(written.to_string().as_bytes(), &kind).unwrap();
        assert_eq!(to_json(&read), written);
    });
}

#[test]
fn state_bytes_parse_or_fail_without_quoting() {
    bolero::check!().with_iterations(20_000).for_each(|input: &[u8]| {
        let kind = object();
        let upgrades: [Upgrade; 1] = [|attributes| {
            let old = attributes.remove("emails").unwrap_or_default();
            attributes.insert("users".to_owned(), old);
        }];
        for upgrades in [&upgrades[..], &[]] {
            match json::decode_stored(input, &kind, upgrades) {
                Ok(value) => {
                    let written = msgpack::encode(&value, &kind).unwrap();
                    assert!(msgpack::decode(&written, &kind).unwrap() == value, "{value:?}");
                }
                Err(problem) => {
                    assert!(problem.to_string().len() < 200, "{problem}");
                }
            }
        }
    });
}

/// Returns a value in the form that Terraform writes to a state file.
fn to_json(value: &Value) -> Json {
    match value {
        Value::Null | Value::Unknown => Json::Null,
        Value::Bool(truth) => (*truth).into(),
        Value::Number(Number::Int(whole)) => (*whole).into(),
        // JSON has no more digits than these, and some of the results are whole numbers.
        Value::Number(Number::Decimal(digits)) => {
            let short: f64 = digits.parse().unwrap();
            short.to_string().parse::<i64>().map_or_else(|_| short.into(), Into::into)
        }
        Value::String(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(to_json).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.clone(), to_json(value))).collect()
        }
    }
}
