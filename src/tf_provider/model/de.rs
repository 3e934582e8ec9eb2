//! Conversion of a [`Value`] to a model.

use std::vec;

use serde::Deserializer;
use serde::de::value::StringDeserializer;
use serde::de::{
    DeserializeSeed, EnumAccess, Error, IntoDeserializer, MapAccess, SeqAccess, Unexpected,
    VariantAccess, Visitor,
};
use serde::forward_to_deserialize_any;

use super::Mismatch;
use crate::tf_provider::attr::NAME;
use crate::tf_provider::path::Step;
use crate::tf_provider::value::{Number, Value};

pub(super) struct ValueDeserializer(pub(super) Value);

impl ValueDeserializer {
    /// Reads an object. `step` creates the path step of each field.
    fn object<'de, V: Visitor<'de>>(
        self,
        step: fn(String) -> Step,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Object(fields) => {
                visitor.visit_map(Fields { left: fields.into_iter(), value: None, step })
            }
            _ => self.deserialize_any(visitor),
        }
    }
}

impl<'de> Deserializer<'de> for ValueDeserializer {
    type Error = Mismatch;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Unknown => Err(Mismatch::unknown()),
            Value::Null => visitor.visit_unit(),
            Value::Bool(truth) => visitor.visit_bool(truth),
            Value::Number(Number::Int(whole)) => visitor.visit_i64(whole),
            Value::Number(Number::Decimal(digits)) => match digits.parse() {
                Ok(float) => visitor.visit_f64(float),
                Err(_) => Err(Mismatch::invalid_value(Unexpected::Other("number"), &visitor)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::List(items) => visitor.visit_seq(Items { left: items.into_iter(), position: 0 }),
            Value::Object(_) => self.object(Step::Key, visitor),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mismatch> {
        match self.0 {
            Value::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        self.object(Step::Attribute, visitor)
    }

    /// Reads an `Attr` from the three states of a value, and any other enum from text.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        if name == NAME {
            return visitor.visit_enum(Attribute(self.0));
        }
        match self.0 {
            Value::String(text) => {
                let text: StringDeserializer<Mismatch> = text.into_deserializer();
                visitor.visit_enum(text)
            }
            Value::Unknown => Err(Mismatch::unknown()),
            _ => Err(Mismatch::invalid_type(Unexpected::Other("value"), &visitor)),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit
        unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

/// Fields of an object. Errors name the field.
struct Fields {
    left: std::collections::btree_map::IntoIter<String, Value>,
    value: Option<(String, Value)>,
    step: fn(String) -> Step,
}

impl<'de> MapAccess<'de> for Fields {
    type Error = Mismatch;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Mismatch> {
        let Some((name, value)) = self.left.next() else { return Ok(None) };
        let key: StringDeserializer<Mismatch> = name.clone().into_deserializer();
        self.value = Some((name, value));
        seed.deserialize(key).map(Some)
    }

    fn next_value_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<T::Value, Mismatch> {
        let (name, value) =
            self.value.take().ok_or_else(|| Mismatch::custom("no field is left"))?;
        seed.deserialize(ValueDeserializer(value)).map_err(|e| e.inside((self.step)(name)))
    }
}

/// Elements of a list or set.
struct Items {
    left: vec::IntoIter<Value>,
    position: i64,
}

impl<'de> SeqAccess<'de> for Items {
    type Error = Mismatch;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Mismatch> {
        let Some(item) = self.left.next() else { return Ok(None) };
        let position = self.position;
        self.position += 1;
        let element = seed.deserialize(ValueDeserializer(item));
        element.map(Some).map_err(|e| e.inside(Step::Index(position)))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.left.len())
    }
}

/// Presents a value as a variant of `Attr`.
struct Attribute(Value);

impl<'de> EnumAccess<'de> for Attribute {
    type Error = Mismatch;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Mismatch> {
        let state = match self.0 {
            Value::Null => "Null",
            Value::Unknown => "Unknown",
            _ => "Known",
        };
        let state: serde::de::value::StrDeserializer<'_, Mismatch> = state.into_deserializer();
        Ok((seed.deserialize(state)?, self))
    }
}

impl<'de> VariantAccess<'de> for Attribute {
    type Error = Mismatch;

    fn unit_variant(self) -> Result<(), Mismatch> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mismatch> {
        seed.deserialize(ValueDeserializer(self.0))
    }

    fn tuple_variant<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Mismatch> {
        Err(Mismatch::invalid_type(Unexpected::TupleVariant, &visitor))
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mismatch> {
        Err(Mismatch::invalid_type(Unexpected::StructVariant, &visitor))
    }
}
