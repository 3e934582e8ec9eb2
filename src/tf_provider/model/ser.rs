//! Conversion of a model to a [`Value`].

use std::collections::BTreeMap;

use serde::ser::{Error, Impossible, SerializeMap, SerializeSeq, SerializeStruct};
use serde::{Serialize, Serializer};

use super::Mismatch;
use crate::tf_provider::attr::NAME;
use crate::tf_provider::value::{Number, Value};

type Written = Result<Value, Mismatch>;
type None = Impossible<Value, Mismatch>;

pub(super) struct ValueSerializer;

fn cannot_hold<T>(what: &str) -> Result<T, Mismatch> {
    Err(Mismatch::custom(format_args!("no attribute holds {what}")))
}

impl Serializer for ValueSerializer {
    type Ok = Value;
    type Error = Mismatch;
    type SerializeSeq = Items;
    type SerializeMap = Fields;
    type SerializeStruct = Fields;
    type SerializeTuple = None;
    type SerializeTupleStruct = None;
    type SerializeTupleVariant = None;
    type SerializeStructVariant = None;

    fn serialize_bool(self, v: bool) -> Written {
        Ok(Value::Bool(v))
    }

    fn serialize_i8(self, v: i8) -> Written {
        self.serialize_i64(v.into())
    }

    fn serialize_i16(self, v: i16) -> Written {
        self.serialize_i64(v.into())
    }

    fn serialize_i32(self, v: i32) -> Written {
        self.serialize_i64(v.into())
    }

    fn serialize_i64(self, v: i64) -> Written {
        Ok(v.into())
    }

    fn serialize_u8(self, v: u8) -> Written {
        self.serialize_i64(v.into())
    }

    fn serialize_u16(self, v: u16) -> Written {
        self.serialize_i64(v.into())
    }

    fn serialize_u32(self, v: u32) -> Written {
        self.serialize_i64(v.into())
    }

    fn serialize_u64(self, v: u64) -> Written {
        let number = i64::try_from(v).map_or_else(|_| Number::Decimal(v.to_string()), Number::Int);
        Ok(Value::Number(number))
    }

    fn serialize_f32(self, v: f32) -> Written {
        self.serialize_f64(v.into())
    }

    fn serialize_f64(self, v: f64) -> Written {
        Number::from_f64(v)
            .map_or_else(|| cannot_hold("an infinite number"), |n| Ok(Value::Number(n)))
    }

    fn serialize_char(self, v: char) -> Written {
        Ok(Value::String(v.to_string()))
    }

    fn serialize_str(self, v: &str) -> Written {
        Ok(v.into())
    }

    fn serialize_bytes(self, _: &[u8]) -> Written {
        cannot_hold("bytes")
    }

    fn serialize_none(self) -> Written {
        Ok(Value::Null)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Written {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Written {
        Ok(Value::Null)
    }

    fn serialize_unit_struct(self, _: &'static str) -> Written {
        Ok(Value::Null)
    }

    fn serialize_unit_variant(self, name: &'static str, _: u32, variant: &'static str) -> Written {
        Ok(if name == NAME { Value::Unknown } else { variant.into() })
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, v: &T) -> Written {
        v.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: &T,
    ) -> Written {
        cannot_hold("an enum with content")
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Items, Mismatch> {
        Ok(Items(Vec::new()))
    }

    fn serialize_tuple(self, _: usize) -> Result<None, Mismatch> {
        cannot_hold("a tuple")
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<None, Mismatch> {
        cannot_hold("a tuple")
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<None, Mismatch> {
        cannot_hold("an enum with content")
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields, Mismatch> {
        Ok(Fields::default())
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields, Mismatch> {
        Ok(Fields::default())
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<None, Mismatch> {
        cannot_hold("an enum with content")
    }
}

pub(super) struct Items(Vec<Value>);

impl SerializeSeq for Items {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        self.0.push(value.serialize(ValueSerializer)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(Value::List(self.0))
    }
}

#[derive(Default)]
pub(super) struct Fields {
    done: BTreeMap<String, Value>,
    key: Option<String>,
}

impl SerializeMap for Fields {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Mismatch> {
        match key.serialize(ValueSerializer)? {
            Value::String(text) => {
                self.key = Some(text);
                Ok(())
            }
            _ => cannot_hold("a map whose keys are not text"),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Mismatch> {
        let value = value.serialize(ValueSerializer)?;
        let key = self.key.take().ok_or_else(|| Mismatch::custom("a map element has no key"))?;
        self.done.insert(key, value);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(Value::Object(self.done))
    }
}

impl SerializeStruct for Fields {
    type Ok = Value;
    type Error = Mismatch;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Mismatch> {
        self.done.insert(name.to_owned(), value.serialize(ValueSerializer)?);
        Ok(())
    }

    fn end(self) -> Written {
        Ok(Value::Object(self.done))
    }
}
