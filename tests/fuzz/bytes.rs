//! Converts the bytes of a fuzzer into choices. After the last byte, every choice is the first one,
//! so every generated value is finite.

use std::collections::BTreeMap;

use crate::tf_provider::types::Type;
use crate::tf_provider::value::{Number, Value};

/// Unused bytes.
pub(crate) struct Bytes<'a>(pub(crate) &'a [u8]);

impl<'a> Bytes<'a> {
    /// Returns the next byte.
    pub(crate) fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    /// Returns a number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::from(self.byte()) % end.max(1)
    }

    /// Returns fewer than `end` bytes.
    pub(crate) fn some(&mut self, end: usize) -> &'a [u8] {
        let length = self.below(end).min(self.0.len());
        let (some, rest) = self.0.split_at(length);
        self.0 = rest;
        some
    }

    /// Returns a text.
    pub(crate) fn text(&mut self) -> String {
        String::from_utf8_lossy(self.some(40)).into_owned()
    }

    /// Returns a type with at most `levels` levels.
    pub(crate) fn kind(&mut self, levels: usize) -> Type {
        match self.below(if levels == 0 { 3 } else { 7 }) {
            0 => Type::String,
            1 => Type::Bool,
            2 => Type::Number,
            3 => Type::list(self.kind(levels - 1)),
            4 => Type::set(self.kind(levels - 1)),
            5 => Type::map(self.kind(levels - 1)),
            _ => {
                let names = ["a", "b", "user_id", "\u{e9}"].into_iter().take(self.below(5));
                Type::Object(names.map(|name| (name.to_owned(), self.kind(levels - 1))).collect())
            }
        }
    }

    /// Returns a value of a type. The value can be unknown only if `unknown` is true.
    pub(crate) fn value(&mut self, kind: &Type, unknown: bool) -> Value {
        match self.below(12) {
            10 => return Value::Null,
            11 if unknown => return Value::Unknown,
            _ => {}
        }
        match kind {
            Type::String => Value::String(self.text()),
            Type::Bool => Value::Bool(self.byte() % 2 == 1),
            Type::Number => Value::Number(self.number()),
            Type::List(element) | Type::Set(element) => {
                let length = self.below(5);
                Value::List((0..length).map(|_| self.value(element, unknown)).collect())
            }
            Type::Map(element) => {
                let length = self.below(5);
                let mut field = || (self.text(), self.value(element, unknown));
                Value::Object((0..length).map(|_| field()).collect())
            }
            Type::Object(attributes) => {
                let fields: BTreeMap<_, _> = attributes
                    .iter()
                    .map(|(name, kind)| (name.clone(), self.value(kind, unknown)))
                    .collect();
                Value::Object(fields)
            }
        }
    }

    fn number(&mut self) -> Number {
        let bits = self.some(9).iter().fold(0_i64, |n, b| (n << 8) | i64::from(*b));
        match self.below(3) {
            0 => Number::Int(bits),
            1 => Number::from_f64(f64::from_bits(bits.cast_unsigned())).unwrap_or(Number::Int(1)),
            _ => Number::parse(&format!("{bits}.25")).unwrap(),
        }
    }
}
