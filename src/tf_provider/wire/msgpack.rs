//! MessagePack encoding of values, as Terraform sends and accepts them.
//!
//! The bytes do not define the type of a value completely, so decoding follows the type. The depth
//! of the type limits the recursion. A length in a header is never trusted before its bytes are
//! present.

use std::collections::BTreeMap;

use rmp::{Marker, encode};

use super::Malformed;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::{Number, Value};

type Decoded<T> = Result<T, Malformed>;

/// Decodes one value of type `kind`; bytes after it are an error.
pub(super) fn decode(bytes: &[u8], kind: &Type) -> Decoded<Value> {
    let mut reader = Reader(bytes);
    let value = reader.value(kind)?;
    if reader.0.is_empty() { Ok(value) } else { Err(Malformed::new("bytes follow the value")) }
}

/// Encodes a value of type `kind`. Attributes that are missing in an object are encoded as null.
pub(super) fn encode(value: &Value, kind: &Type) -> Decoded<Vec<u8>> {
    let mut bytes = Vec::new();
    write(&mut bytes, value, kind)?;
    Ok(bytes)
}

struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn value(&mut self, kind: &Type) -> Decoded<Value> {
        let marker = self.marker()?;
        match marker {
            Marker::Null => return Ok(Value::Null),
            Marker::FixExt1
            | Marker::FixExt2
            | Marker::FixExt4
            | Marker::FixExt8
            | Marker::FixExt16
            | Marker::Ext8
            | Marker::Ext16
            | Marker::Ext32 => return self.unknown(marker),
            _ => {}
        }
        match kind {
            Type::String => self.text(marker).map(Value::String),
            Type::Bool => match marker {
                Marker::True => Ok(Value::Bool(true)),
                Marker::False => Ok(Value::Bool(false)),
                _ => Err(Malformed::expected("a truth value")),
            },
            Type::Number => self.number(marker).map(Value::Number),
            Type::List(element) | Type::Set(element) => {
                let mut items = Vec::new();
                for _ in 0..self.array_length(marker)? {
                    items.push(self.value(element)?);
                }
                Ok(Value::List(items))
            }
            Type::Map(element) => {
                let mut fields = BTreeMap::new();
                for _ in 0..self.map_length(marker)? {
                    let key = self.key()?;
                    let value = self.value(element)?;
                    fields.insert(key, value);
                }
                Ok(Value::Object(fields))
            }
            Type::Object(attributes) => self.object(marker, attributes),
        }
    }

    /// Decodes an object, which must have all of its attributes and no others.
    fn object(&mut self, marker: Marker, attributes: &BTreeMap<String, Type>) -> Decoded<Value> {
        let mut fields = BTreeMap::new();
        for _ in 0..self.map_length(marker)? {
            let key = self.key()?;
            let Some(kind) = attributes.get(&key) else {
                return Err(Malformed::new(format!(
                    "an object has an attribute \"{key}\" too many"
                )));
            };
            let value = self.value(kind).map_err(|e| e.inside(&key))?;
            fields.insert(key, value);
        }
        match attributes.keys().find(|name| !fields.contains_key(*name)) {
            Some(missing) => {
                Err(Malformed::new(format!("an object lacks the attribute \"{missing}\"")))
            }
            None => Ok(Value::Object(fields)),
        }
    }

    /// Decodes any extension as an unknown value. Refinements of newer clients are not used.
    fn unknown(&mut self, marker: Marker) -> Decoded<Value> {
        let length = match marker {
            Marker::FixExt1 => 1,
            Marker::FixExt2 => 2,
            Marker::FixExt4 => 4,
            Marker::FixExt8 => 8,
            Marker::FixExt16 => 16,
            Marker::Ext8 => self.unsigned(1)?,
            Marker::Ext16 => self.unsigned(2)?,
            _ => self.unsigned(4)?,
        };
        self.take(1)?; // The extension's type.
        self.take_long(length)?;
        Ok(Value::Unknown)
    }

    fn number(&mut self, marker: Marker) -> Decoded<Number> {
        let not_decimal = || Malformed::expected("a finite decimal number");
        let whole =
            |n: u64| i64::try_from(n).map_or_else(|_| Number::Decimal(n.to_string()), Number::Int);
        match marker {
            Marker::FixPos(n) => Ok(Number::Int(n.into())),
            Marker::FixNeg(n) => Ok(Number::Int(n.into())),
            Marker::U8 => self.unsigned(1).map(whole),
            Marker::U16 => self.unsigned(2).map(whole),
            Marker::U32 => self.unsigned(4).map(whole),
            Marker::U64 => self.unsigned(8).map(whole),
            Marker::I8 => Ok(Number::Int(i8::from_be_bytes(self.array()?).into())),
            Marker::I16 => Ok(Number::Int(i16::from_be_bytes(self.array()?).into())),
            Marker::I32 => Ok(Number::Int(i32::from_be_bytes(self.array()?).into())),
            Marker::I64 => Ok(Number::Int(i64::from_be_bytes(self.array()?))),
            Marker::F32 => {
                Number::from_f64(f32::from_be_bytes(self.array()?).into()).ok_or_else(not_decimal)
            }
            Marker::F64 => {
                Number::from_f64(f64::from_be_bytes(self.array()?)).ok_or_else(not_decimal)
            }
            _ => Number::parse(&self.text(marker)?).ok_or_else(not_decimal),
        }
    }

    fn text(&mut self, marker: Marker) -> Decoded<String> {
        let length = match marker {
            Marker::FixStr(n) => u64::from(n),
            Marker::Str8 | Marker::Bin8 => self.unsigned(1)?,
            Marker::Str16 | Marker::Bin16 => self.unsigned(2)?,
            Marker::Str32 | Marker::Bin32 => self.unsigned(4)?,
            _ => return Err(Malformed::expected("text")),
        };
        let bytes = self.take_long(length)?;
        match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(_) => Err(Malformed::expected("text in UTF-8")),
        }
    }

    fn key(&mut self) -> Decoded<String> {
        let marker = self.marker()?;
        self.text(marker)
    }

    fn array_length(&mut self, marker: Marker) -> Decoded<u64> {
        match marker {
            Marker::FixArray(n) => Ok(n.into()),
            Marker::Array16 => self.unsigned(2),
            Marker::Array32 => self.unsigned(4),
            _ => Err(Malformed::expected("a list")),
        }
    }

    fn map_length(&mut self, marker: Marker) -> Decoded<u64> {
        match marker {
            Marker::FixMap(n) => Ok(n.into()),
            Marker::Map16 => self.unsigned(2),
            Marker::Map32 => self.unsigned(4),
            _ => Err(Malformed::expected("an object or map")),
        }
    }

    /// Reads a big-endian number of 1, 2, 4, or 8 bytes.
    fn unsigned(&mut self, width: usize) -> Decoded<u64> {
        let bytes = self.take(width)?;
        Ok(bytes.iter().fold(0, |number, byte| (number << 8) | u64::from(*byte)))
    }

    fn marker(&mut self) -> Decoded<Marker> {
        let [byte] = self.array()?;
        Ok(Marker::from_u8(byte))
    }

    fn array<const N: usize>(&mut self) -> Decoded<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk().ok_or_else(Malformed::too_short)?;
        self.0 = rest;
        Ok(*taken)
    }

    fn take_long(&mut self, length: u64) -> Decoded<&'a [u8]> {
        self.take(usize::try_from(length).unwrap_or(usize::MAX))
    }

    fn take(&mut self, length: usize) -> Decoded<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(Malformed::too_short)?;
        self.0 = rest;
        Ok(taken)
    }
}

fn write(bytes: &mut Vec<u8>, value: &Value, kind: &Type) -> Decoded<()> {
    match (value, kind) {
        (Value::Null, _) => written(encode::write_nil(bytes)),
        (Value::Unknown, _) => {
            bytes.extend([0xd4, 0, 0]); // Extension 0 with one byte: no refinements.
            Ok(())
        }
        (Value::Bool(truth), Type::Bool) => written(encode::write_bool(bytes, *truth)),
        // Encodes all numbers as decimal text. For Terraform v1.10 to v1.14, a number that was sent
        // as an integer differs from the same number in the state file, which causes permanent
        // drift. Source: the issue hashicorp/terraform#36403.
        (Value::Number(number), Type::Number) => {
            written(encode::write_str(bytes, &number.to_string()))
        }
        (Value::String(text), Type::String) => written(encode::write_str(bytes, text)),
        (Value::List(items), Type::List(element) | Type::Set(element)) => {
            written(encode::write_array_len(bytes, length(items.len())?).map(drop))?;
            items.iter().try_for_each(|item| write(bytes, item, element))
        }
        (Value::Object(fields), Type::Map(element)) => {
            written(encode::write_map_len(bytes, length(fields.len())?).map(drop))?;
            fields.iter().try_for_each(|(key, value)| {
                written(encode::write_str(bytes, key))?;
                write(bytes, value, element)
            })
        }
        (Value::Object(_), Type::Object(attributes)) => {
            written(encode::write_map_len(bytes, length(attributes.len())?).map(drop))?;
            attributes.iter().try_for_each(|(name, kind)| {
                written(encode::write_str(bytes, name))?;
                write(bytes, value.get(name), kind).map_err(|e| e.inside(name))
            })
        }
        _ => Err(Malformed::new("a value is not of the type that the schema declares")),
    }
}

fn length(length: usize) -> Decoded<u32> {
    u32::try_from(length).map_err(|e| Malformed::new(format!("a value is too long: {e}")))
}

/// Converts the result of a write. Writing to memory cannot fail, but its signature allows it.
fn written<E: std::fmt::Display>(outcome: Result<(), E>) -> Decoded<()> {
    outcome.map_err(|e| Malformed::new(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(digits: &str) -> Value {
        Value::Number(Number::parse(digits).unwrap())
    }

    fn all_types() -> Type {
        Type::object([
            ("text", Type::String),
            ("truth", Type::Bool),
            ("number", Type::Number),
            ("list", Type::list(Type::Number)),
            ("set", Type::set(Type::String)),
            ("map", Type::map(Type::String)),
            ("object", Type::object([("inner", Type::list(Type::object([("a", Type::Bool)])))])),
        ])
    }

    fn filled() -> Value {
        let mut inner = Value::Object(BTreeMap::new());
        inner.set("a", true);
        let mut object = Value::Object(BTreeMap::new());
        object.set("inner", Value::List(vec![inner, Value::Null, Value::Unknown]));
        let mut value = Value::Object(BTreeMap::new());
        value.set("text", "häh\u{1F40D}");
        value.set("truth", false);
        value.set("number", number("0.1"));
        value.set("list", Value::List(vec![number("1"), number("-7"), Value::Unknown]));
        value.set("set", Value::List(vec!["b".into(), "a".into()]));
        value.set("map", Value::Object(BTreeMap::from([("k".into(), Value::from("v"))])));
        value.set("object", object);
        value
    }

    #[test]
    fn every_type_round_trips_through_msgpack() {
        let bytes = encode(&filled(), &all_types()).unwrap();
        assert_eq!(decode(&bytes, &all_types()).unwrap(), filled());
        for value in [Value::Null, Value::Unknown] {
            let bytes = encode(&value, &all_types()).unwrap();
            assert_eq!(decode(&bytes, &all_types()).unwrap(), value);
        }
    }

    #[test]
    fn unknown_value_serializes_as_terraform_does() {
        assert_eq!(encode(&Value::Unknown, &Type::String).unwrap(), [0xd4, 0, 0]);
    }

    #[test]
    fn any_msgpack_extension_reads_as_unknown() {
        let refined = [0xc7, 5, 12, 0x82, 1, 0xc2, 2, 0xa0];
        for bytes in [&[0xd4, 0, 0][..], &[0xd4, 99, 7], &[0xd5, 1, 2, 3], &refined, &[0xc7, 0, 0]]
        {
            assert_eq!(decode(bytes, &Type::String).unwrap(), Value::Unknown, "{bytes:x?}");
        }
    }

    #[test]
    fn numbers_of_all_encodings_are_exact() {
        let f64_bytes = [&[0xcb][..], &1.5_f64.to_be_bytes()].concat();
        let cases: [(&[u8], &str); 9] = [
            (&[7], "7"),
            (&[0xff], "-1"),
            (&[0xcc, 200], "200"),
            (&[0xd1, 0xff, 0x00], "-256"),
            (&[0xcf, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], "18446744073709551615"),
            (&[0xd3, 0x80, 0, 0, 0, 0, 0, 0, 0], "-9223372036854775808"),
            (&f64_bytes, "1.5"),
            (&[0xa3, b'0', b'.', b'1'], "0.1"),
            (&[0xd9, 2, b'4', b'2'], "42"),
        ];
        for (bytes, digits) in cases {
            let read = decode(bytes, &Type::Number).unwrap();
            assert_eq!(read, number(digits), "{bytes:x?}");
            let again = decode(&encode(&read, &Type::Number).unwrap(), &Type::Number).unwrap();
            assert_eq!(again, read);
        }
        let huge = [&[0xcb][..], &1e308_f64.to_be_bytes()].concat();
        assert_eq!(decode(&huge, &Type::Number).unwrap(), number(&1e308_f64.to_string()));
        let infinite = [&[0xcb][..], &f64::INFINITY.to_be_bytes()].concat();
        assert!(decode(&infinite, &Type::Number).is_err());
    }

    #[test]
    fn number_serializes_as_decimal_text() {
        for digits in ["0", "-7", "42", "9223372036854775807", "18446744073709551616", "0.1"] {
            let bytes = encode(&number(digits), &Type::Number).unwrap();
            assert_eq!(bytes, encode(&digits.into(), &Type::String).unwrap(), "{digits}");
        }
    }

    #[test]
    fn text_of_every_size_class_is_read() {
        for length in [0_usize, 31, 32, 255, 256, 65_535, 65_536] {
            let text = "x".repeat(length);
            let bytes = encode(&text.clone().into(), &Type::String).unwrap();
            assert_eq!(decode(&bytes, &Type::String).unwrap(), text.into());
        }
        assert_eq!(decode(&[0xc4, 2, b'h', b'i'], &Type::String).unwrap(), "hi".into());
    }

    #[test]
    fn missing_or_extra_attribute_error_names_it() {
        let kind = Type::object([("a", Type::Bool)]);
        let extra = decode(&[0x82, 0xa1, b'a', 0xc3, 0xa1, b'b', 0xc3], &kind).unwrap_err();
        assert!(extra.to_string().contains("\"b\""), "{extra}");
        let missing = decode(&[0x80], &kind).unwrap_err();
        assert!(missing.to_string().contains("\"a\""), "{missing}");
    }

    #[test]
    fn malformed_bytes_return_errors_without_panic() {
        let kind = all_types();
        let good = encode(&filled(), &kind).unwrap();
        for cut in 0..good.len() {
            assert!(decode(&good[..cut], &kind).is_err(), "cut at {cut}");
        }
        let lies: [&[u8]; 6] = [
            &[],
            &[0xdf, 0xff, 0xff, 0xff, 0xff],
            &[0xdb, 0xff, 0xff, 0xff, 0xff, b'x'],
            &[0xc9, 0xff, 0xff, 0xff, 0xff, 0],
            &[0xc1],
            &[0x80, 0x00],
        ];
        for bytes in lies {
            assert!(decode(bytes, &kind).is_err(), "{bytes:x?}");
        }
        for bytes in [&[0xdd, 0xff, 0xff, 0xff, 0xff][..], &[0xdd, 0xff, 0xff, 0xff, 0xff, 1]] {
            assert!(decode(bytes, &Type::list(Type::Number)).is_err());
        }
        assert!(decode(&[0xa1, 0xff], &Type::String).is_err());
    }
}
