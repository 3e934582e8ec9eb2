//! [`Value`]: any value of Terraform's language, known or unknown.

use std::collections::BTreeMap;
use std::fmt;

/// Value of a configuration, plan, or state.
///
/// Lists, sets, and tuples share [`Value::List`]; maps and objects share [`Value::Object`]. The
/// [`Type`](super::types::Type) that accompanies the value distinguishes them.
#[derive(Clone, Default, PartialEq, Eq)]
pub enum Value {
    /// No value.
    #[default]
    Null,
    /// Unknown value, known after apply.
    Unknown,
    /// `true` or `false`.
    Bool(bool),
    /// Number.
    Number(Number),
    /// Text.
    String(String),
    /// List or set.
    List(Vec<Self>),
    /// Map or object.
    Object(BTreeMap<String, Self>),
}

/// Number, stored exactly.
///
/// Terraform's numbers have no limits and compare by their decimal digits. A number that is not a
/// 64-bit integer is therefore stored as its decimal text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Number {
    /// 64-bit integer.
    Int(i64),
    /// Any other number, in plain decimal digits.
    Decimal(String),
}

impl Number {
    /// Parses decimal digits. Returns `None` if the text is not a finite decimal number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(whole) = text.parse() {
            return Some(Self::Int(whole));
        }
        let digits = text.strip_prefix('-').unwrap_or(text);
        let mut parts = digits.splitn(2, '.');
        let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        parts.all(is_digits).then(|| Self::Decimal(text.to_owned()))
    }

    /// Converts a floating-point number. Returns `None` for infinities and for values that are not a number.
    #[must_use]
    pub fn from_f64(number: f64) -> Option<Self> {
        // `{}` prints the shortest decimal digits that parse to the same number, without an
        // exponent.
        number.is_finite().then(|| Self::parse(&number.to_string())).flatten()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(whole) => write!(f, "{whole}"),
            Self::Decimal(digits) => f.write_str(digits),
        }
    }
}

/// Value that [`Value::get`] returns for a missing attribute.
static NULL: Value = Value::Null;

impl Value {
    /// Reports whether the value is null.
    #[must_use]
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Reports whether the value is null, or a collection without elements.
    #[must_use]
    pub fn is_null_or_empty(&self) -> bool {
        match self {
            Self::Null => true,
            Self::List(items) => items.is_empty(),
            Self::Object(fields) => fields.is_empty(),
            _ => false,
        }
    }

    /// Reports whether the value itself is unknown. A list with unknown elements is not.
    #[must_use]
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Reports whether the value contains no unknown value at any depth.
    #[must_use]
    pub fn is_wholly_known(&self) -> bool {
        match self {
            Self::Unknown => false,
            Self::List(items) => items.iter().all(Self::is_wholly_known),
            Self::Object(fields) => fields.values().all(Self::is_wholly_known),
            _ => true,
        }
    }

    /// Replaces all unknown values with null.
    #[must_use]
    pub fn unknown_as_null(self) -> Self {
        match self {
            Self::Unknown => Self::Null,
            Self::List(items) => Self::List(items.into_iter().map(Self::unknown_as_null).collect()),
            Self::Object(fields) => Self::Object(
                fields.into_iter().map(|(name, value)| (name, value.unknown_as_null())).collect(),
            ),
            known => known,
        }
    }

    /// Returns the attribute or map element `name`. Returns null if it is missing, or if this is
    /// not an object.
    #[must_use]
    pub fn get(&self, name: &str) -> &Self {
        match self {
            Self::Object(fields) => fields.get(name).unwrap_or(&NULL),
            _ => &NULL,
        }
    }

    /// Sets the attribute `name` of an object. Does nothing to any other value.
    pub fn set(&mut self, name: &str, value: impl Into<Self>) {
        if let Self::Object(fields) = self {
            fields.insert(name.to_owned(), value.into());
        }
    }

    /// Returns the text, if this is known text.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the Boolean, if this is a known Boolean.
    #[must_use]
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            Self::Bool(truth) => Some(*truth),
            _ => None,
        }
    }

    /// Returns the number, if this is a known 64-bit integer.
    #[must_use]
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Number(Number::Int(whole)) => Some(*whole),
            _ => None,
        }
    }
}

/// Shows only the shape, because any text might be a secret.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("null"),
            Self::Unknown => f.write_str("(unknown)"),
            Self::Bool(truth) => write!(f, "{truth}"),
            Self::Number(number) => write!(f, "{number}"),
            Self::String(text) => write!(f, "(text of {} bytes)", text.len()),
            Self::List(items) => f.debug_list().entries(items).finish(),
            Self::Object(fields) => f.debug_map().entries(fields).finish(),
        }
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<bool> for Value {
    fn from(truth: bool) -> Self {
        Self::Bool(truth)
    }
}

impl From<i64> for Value {
    fn from(whole: i64) -> Self {
        Self::Number(Number::Int(whole))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_all_their_digits() {
        for digits in ["0.1", "1.5", "18446744073709551615", "-0.25"] {
            assert_eq!(Number::parse(digits).map(|n| n.to_string()).as_deref(), Some(digits));
        }
        assert_eq!(Number::from_f64(0.1), Number::parse("0.1"));
        assert_eq!(Number::from_f64(3.0), Some(Number::Int(3)));
    }

    #[test]
    fn non_finite_numbers_are_rejected() {
        for text in ["", "-", ".", "1.", ".5", "1e3", "inf", "NaN", "0x1", "--1", "1.2.3"] {
            assert_eq!(Number::parse(text), None, "{text}");
        }
        assert_eq!(Number::from_f64(f64::INFINITY), None);
    }

    #[test]
    fn debug_output_hides_string_values() {
        let mut value = Value::Object(BTreeMap::new());
        value.set("token", "hunter2");
        assert_eq!(format!("{value:?}"), r#"{"token": (text of 7 bytes)}"#);
    }
}
