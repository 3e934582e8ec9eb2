//! Conversion of values between the tests and the wire: JSON in the tests, MessagePack on the wire.
//!
//! This module shares no code with the provider's own encoder, so that tests detect its bugs. It
//! needs no types: an object and a map have the same form. In JSON, an unknown value is
//! [`unknown`].

use rmp::Marker;
use rmp::decode::{self, RmpRead as _};
use rmp::encode;
use serde_json::{Map, Value};

use crate::proto::tfplugin5::DynamicValue;

/// Placeholder for an unknown value. No text of a test contains a NUL.
const UNKNOWN: &str = "\0unknown";

/// Returns the unknown value.
pub(crate) fn unknown() -> Value {
    Value::from(UNKNOWN)
}

/// Numbers in the responses of the provider. They are decimal text, which only the schema
/// distinguishes from other text.
pub(crate) const NUMBERS: [&str; 7] = [
    "assigned_count",
    "available",
    "available_organization_seats",
    "early_renewal_hours",
    "expiration_tolerance_months",
    "limit",
    "total_organization_seats",
];

/// Returns whether a value contains an unknown value.
pub(crate) fn has_unknown(value: &Value) -> bool {
    match value {
        Value::String(text) => text == UNKNOWN,
        Value::Array(items) => items.iter().any(has_unknown),
        Value::Object(fields) => fields.values().any(has_unknown),
        _ => false,
    }
}

/// Encodes a value as Terraform does: objects by name, whole numbers in the shortest form.
pub(crate) fn pack(value: &Value) -> DynamicValue {
    let mut bytes = Vec::new();
    write(&mut bytes, value);
    DynamicValue { msgpack: bytes, json: Vec::new() }
}

/// Decodes a value in a response. It must be exactly one MessagePack value.
pub(crate) fn unpack(value: &DynamicValue) -> Value {
    assert!(value.json.is_empty(), "answers are in MessagePack");
    let mut bytes = value.msgpack.as_slice();
    let read = read(&mut bytes);
    assert!(bytes.is_empty(), "{} bytes follow the value {read}", bytes.len());
    read
}

/// Decodes a value in a response, which must contain the value.
pub(crate) fn unpack_some(value: Option<&DynamicValue>) -> Value {
    unpack(value.expect("a value is missing in the answer; Terraform would read it as null"))
}

fn write(bytes: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => encode::write_nil(bytes).unwrap(),
        Value::Bool(truth) => encode::write_bool(bytes, *truth).unwrap(),
        Value::Number(number) => {
            if let Some(whole) = number.as_i64() {
                encode::write_sint(bytes, whole).unwrap();
            } else {
                encode::write_f64(bytes, number.as_f64().unwrap()).unwrap();
            }
        }
        Value::String(text) if text == UNKNOWN => bytes.extend([0xd4, 0, 0]),
        Value::String(text) => encode::write_str(bytes, text).unwrap(),
        Value::Array(items) => {
            encode::write_array_len(bytes, length(items.len())).unwrap();
            for item in items {
                write(bytes, item);
            }
        }
        Value::Object(fields) => {
            encode::write_map_len(bytes, length(fields.len())).unwrap();
            for (name, value) in fields {
                encode::write_str(bytes, name).unwrap();
                write(bytes, value);
            }
        }
    }
}

fn length(length: usize) -> u32 {
    u32::try_from(length).unwrap()
}

fn read(bytes: &mut &[u8]) -> Value {
    let marker = Marker::from_u8(*bytes.first().expect("the value ends too early"));
    match marker {
        Marker::Null => {
            decode::read_nil(bytes).unwrap();
            Value::Null
        }
        Marker::True | Marker::False => decode::read_bool(bytes).unwrap().into(),
        Marker::F32 => decode::read_f32(bytes).unwrap().into(),
        Marker::F64 => decode::read_f64(bytes).unwrap().into(),
        Marker::FixStr(_) | Marker::Str8 | Marker::Str16 | Marker::Str32 => text(bytes).into(),
        Marker::FixArray(_) | Marker::Array16 | Marker::Array32 => {
            let length = decode::read_array_len(bytes).unwrap();
            (0..length).map(|_| read(bytes)).collect()
        }
        Marker::FixMap(_) | Marker::Map16 | Marker::Map32 => {
            let length = decode::read_map_len(bytes).unwrap();
            let mut fields = Map::new();
            for _ in 0..length {
                let name = text(bytes);
                let mut value = read(bytes);
                if NUMBERS.contains(&name.as_str()) && value != unknown() && !value.is_null() {
                    let digits = value.as_str().expect("a number comes as decimal text");
                    value = serde_json::from_str(digits).unwrap();
                }
                let twice = fields.insert(name.clone(), value);
                assert!(twice.is_none(), "{name} is there twice");
            }
            Value::Object(fields)
        }
        Marker::FixExt1 => {
            let mut extension = [0; 3];
            bytes.read_exact_buf(&mut extension).unwrap();
            assert_eq!(extension, [0xd4, 0, 0], "an unknown value of another form");
            unknown()
        }
        _ => decode::read_int::<i64, _>(bytes).expect("a value of no known form").into(),
    }
}

fn text(bytes: &mut &[u8]) -> String {
    let length = usize::try_from(decode::read_str_len(bytes).unwrap()).unwrap();
    let (text, rest) = bytes.split_at(length);
    *bytes = rest;
    String::from_utf8(text.to_vec()).unwrap()
}

#[test]
fn test_values_round_trip_through_msgpack() {
    let value = serde_json::json!({
        "text": "ä", "truth": true, "whole": -300, "broken": 1.5, "nothing": null,
        "list": [1, [], unknown()], "map": {"k": {}}, "long": "x".repeat(70_000),
    });
    assert_eq!(unpack(&pack(&value)), value);
    assert!(has_unknown(&value) && !has_unknown(&value["map"]));
}
