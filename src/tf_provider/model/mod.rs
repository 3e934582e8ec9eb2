//! Between a [`Value`] and the Rust struct that models it, by serde.
//!
//! A model derives `Serialize` and `Deserialize`; its field names are the attribute names. Nothing
//! but this folder knows how the three states of an [`Attr`] travel through serde.

mod de;
mod ser;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::attr::Attr;
use super::diagnostics::{Diagnostic, Result};
use super::value::Value;
use crate::secret::Secret;

/// Reads a value into its model.
///
/// # Errors
/// A diagnostic that calls it a bug: Terraform has checked the value against the schema before, so
/// a mismatch means that schema and model differ.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    T::deserialize(de::ValueDeserializer(value))
        .map_err(|e| Diagnostic::bug(format!("A value does not fit its model: {e}.")).into())
}

/// Writes a model as a value.
///
/// # Errors
/// A diagnostic that calls it a bug: the model holds something that no attribute can hold.
pub fn to_value<T: Serialize>(model: &T) -> Result<Value> {
    model
        .serialize(ser::ValueSerializer)
        .map_err(|e| Diagnostic::bug(format!("A model cannot be written as a value: {e}.")).into())
}

/// For `#[serde(serialize_with = "exposed")]` on a sensitive attribute: the one way for a secret
/// to get from a model into a state.
///
/// # Errors
/// Those of the serializer.
pub fn exposed<S: Serializer>(
    secret: &Attr<Secret>,
    serializer: S,
) -> std::result::Result<S::Ok, S::Error> {
    match secret {
        Attr::Known(secret) => Attr::Known(secret.expose()).serialize(serializer),
        Attr::Null => Attr::<&str>::Null.serialize(serializer),
        Attr::Unknown => Attr::<&str>::Unknown.serialize(serializer),
    }
}

/// Why a value and a model do not fit. Never holds the value itself, which may be a secret.
#[derive(Debug)]
struct Mismatch(String);

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Mismatch {}

impl serde::de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }

    /// The standard text would show the value.
    fn invalid_type(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self(format!("{expected} was expected, the value is of another type"))
    }

    /// The standard text would show the value.
    fn invalid_value(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self(format!("{expected} was expected, the value is out of range"))
    }
}

impl serde::ser::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self(message.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, PartialEq, Serialize, Deserialize)]
    struct Model {
        name: String,
        nickname: Option<String>,
        keepers: Option<BTreeMap<String, String>>,
        months: u32,
        emails: Vec<String>,
        #[serde(serialize_with = "exposed")]
        token: Attr<Secret>,
        revoked: Attr<bool>,
        id: Attr<String>,
    }

    fn model() -> Model {
        Model {
            name: "n".into(),
            nickname: None,
            keepers: Some(BTreeMap::from([("a".into(), "b".into())])),
            months: 3,
            emails: vec!["x".into()],
            token: Attr::Known(Secret::new("s".into())),
            revoked: Attr::Null,
            id: Attr::Unknown,
        }
    }

    #[test]
    fn a_model_survives_the_way_to_a_value_and_back() {
        let value = to_value(&model()).unwrap();
        assert_eq!(value.get("token").as_str(), Some("s"));
        assert_eq!(value.get("months").as_int(), Some(3));
        assert!(value.get("id").is_unknown());
        assert!(value.get("revoked").is_null());
        assert_eq!(from_value::<Model>(value).unwrap(), model());
    }

    #[test]
    fn an_unknown_value_fits_only_an_attr() {
        let mut value = to_value(&model()).unwrap();
        value.set("nickname", Value::Unknown);
        let problem = from_value::<Model>(value).unwrap_err();
        let text = format!("{problem:?}");
        assert!(text.contains("not known yet"), "{text}");
    }

    #[test]
    fn a_mismatch_does_not_show_the_value() {
        let mut value = to_value(&model()).unwrap();
        value.set("months", "hunter2");
        let text = format!("{:?}", from_value::<Model>(value).unwrap_err());
        assert!(!text.contains("hunter2"), "{text}");
    }
}
