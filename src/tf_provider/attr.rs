//! [`Attr`]: an attribute that can be known, null, or unknown.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{EnumAccess, VariantAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Name by which the serializers of this layer recognize an [`Attr`].
pub(super) const NAME: &str = "Attr";
/// Variants, in the order of the enum.
pub(super) const VARIANTS: &[&str] = &["Known", "Null", "Unknown"];

/// Value of an attribute, in all of its three states.
///
/// The type of a model's field declares which states are possible: `T` for required attributes and
/// attributes with a default, `Option<T>` for optional ones, `Attr<T>` for computed ones.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Attr<T> {
    /// Known value.
    Known(T),
    /// No value.
    #[default]
    Null,
    /// Unknown value, known after apply.
    Unknown,
}

impl<T> Attr<T> {
    /// Returns the value, if it is known.
    pub fn known(self) -> Option<T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Returns a reference to the value, if it is known.
    pub fn as_known(&self) -> Option<&T> {
        match self {
            Self::Known(value) => Some(value),
            Self::Null | Self::Unknown => None,
        }
    }

    /// Reports whether the value is unknown.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// Fills in a value that was planned as unknown, and keeps a value that was planned as known or
    /// null. Terraform rejects any other result of an apply.
    #[must_use]
    pub fn or_computed(self, answer: impl Into<Self>) -> Self {
        match self {
            Self::Unknown => answer.into(),
            planned => planned,
        }
    }
}

impl<T> From<T> for Attr<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T> From<Option<T>> for Attr<T> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::Known)
    }
}

impl<T: Serialize> Serialize for Attr<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Known(value) => value.serialize(serializer),
            Self::Null => serializer.serialize_none(),
            Self::Unknown => serializer.serialize_unit_variant(NAME, 2, "Unknown"),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Attr<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_enum(NAME, VARIANTS, AttrVisitor(PhantomData))
    }
}

#[derive(Deserialize)]
enum State {
    Known,
    Null,
    Unknown,
}

struct AttrVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AttrVisitor<T> {
    type Value = Attr<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an attribute")
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Attr<T>, A::Error> {
        let (state, content) = data.variant()?;
        match state {
            State::Known => content.newtype_variant().map(Attr::Known),
            State::Null => content.unit_variant().map(|()| Attr::Null),
            State::Unknown => content.unit_variant().map(|()| Attr::Unknown),
        }
    }
}
