//! Conversion between a [`Value`] and the Rust struct that models it, with serde.
//!
//! A model derives `Serialize` and `Deserialize`; its field names are the attribute names. Only
//! this directory knows how the three states of an [`Attr`] pass through serde.

mod de;
mod ser;

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Serialize, Serializer};

use super::attr::Attr;
use super::diagnostics::{Diagnostic, Result};
use super::path::{Path, Step};
use super::value::Value;
use crate::secret::Secret;

/// Converts a configuration into its model.
///
/// # Errors
/// Returns an error for the argument that the model cannot hold.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    read(value).map_err(|mismatch| mismatch.in_configuration().into())
}

/// Converts an object that Terraform stored into its model.
///
/// # Errors
/// Returns an error that names the invalid attribute, and how to recover.
pub(super) fn from_stored<T: DeserializeOwned>(value: Value, type_name: &str) -> Result<T> {
    read(value).map_err(|mismatch| mismatch.in_state(type_name).into())
}

/// Converts a value into its model.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> std::result::Result<T, Mismatch> {
    T::deserialize(de::ValueDeserializer(value))
}

/// Converts a model into a value.
///
/// # Errors
/// Returns an error that reports a bug if the model contains a value that no attribute can hold.
pub fn to_value<T: Serialize>(model: &T) -> Result<Value> {
    model
        .serialize(ser::ValueSerializer)
        .map_err(|e| Diagnostic::bug(format!("A model cannot be written as a value: {e}.")).into())
}

/// Serializes a sensitive attribute, with `#[serde(serialize_with = "exposed")]`. This is the only
/// way for a secret from a model into a state.
///
/// # Errors
/// Returns the errors of the serializer.
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

/// Reason and location of a mismatch between a value and a model. Never contains the value, which
/// might be a secret.
#[derive(Debug)]
pub(super) struct Mismatch {
    path: Path,
    text: String,
    unknown: bool,
}

impl Mismatch {
    fn new(text: String) -> Self {
        Self { path: Path::default(), text, unknown: false }
    }

    /// Creates the mismatch for an unknown value in a model that cannot hold one.
    fn unknown() -> Self {
        Self { unknown: true, ..Self::new("the value is not known yet".to_owned()) }
    }

    fn inside(self, step: Step) -> Self {
        Self { path: self.path.inside(step), ..self }
    }

    /// Reports whether the only problem is that the value is unknown.
    pub(super) fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// Converts the mismatch to an error about the configuration.
    pub(super) fn in_configuration(self) -> Diagnostic {
        let summary = format!("Invalid value for \"{}\"", self.path);
        let detail = format!("This value cannot be used: {}.", self.text);
        Diagnostic { path: self.path, ..Diagnostic::error(summary, detail) }
    }

    /// Converts the mismatch to an error about a stored object.
    pub(super) fn in_state(self, type_name: &str) -> Diagnostic {
        unusable_state(type_name, &self.to_string())
    }
}

/// Returns the error about an invalid stored object: what is wrong, and how to recover.
pub(super) fn unusable_state(type_name: &str, why: &str) -> Diagnostic {
    Diagnostic::error(
        "Invalid resource state",
        format!(
            "The stored {type_name} is not valid: {why}. The provider made no changes. Restore the state \
             from a backup, or run `terraform state rm <ADDRESS>` and import the object."
        ),
    )
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.path.steps().is_empty() {
            write!(f, "`{}`: ", self.path)?;
        }
        f.write_str(&self.text)
    }
}

impl std::error::Error for Mismatch {}

impl serde::de::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
    }

    /// The standard text would contain the value.
    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let found = match found {
            serde::de::Unexpected::Unit => "the value is null",
            _ => "the value is of another kind",
        };
        Self::new(format!("{found}, and {expected} was expected"))
    }

    /// The standard text would contain the value.
    fn invalid_value(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::new(format!("the value is out of range, and {expected} was expected"))
    }

    /// The standard text would contain the value.
    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("the value must be one of {}", expected.join(", ")))
    }
}

impl serde::ser::Error for Mismatch {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::new(message.to_string())
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
    fn model_round_trips_through_value() {
        let value = to_value(&model()).unwrap();
        assert_eq!(value.get("token").as_str(), Some("s"));
        assert_eq!(value.get("months").as_int(), Some(3));
        assert!(value.get("id").is_unknown());
        assert!(value.get("revoked").is_null());
        assert_eq!(from_value::<Model>(value).unwrap(), model());
    }

    #[test]
    fn unknown_value_requires_attr_field() {
        let mut value = to_value(&model()).unwrap();
        value.set("nickname", Value::Unknown);
        let problem = from_value::<Model>(value).unwrap_err();
        let text = format!("{problem:?}");
        assert!(text.contains("not known yet"), "{text}");
    }

    #[test]
    fn mismatch_names_path_but_not_value() {
        let keepers = Value::Object(BTreeMap::from([("a".into(), true.into())]));
        let emails = Value::List(vec!["x".into(), Value::Null]);
        for (name, wrong, place) in [
            ("months", Value::from("hunter2"), "months"),
            ("keepers", keepers, "keepers[\"a\"]"),
            ("emails", emails, "emails[1]"),
            ("name", Value::Null, "name"),
        ] {
            let mut value = to_value(&model()).unwrap();
            value.set(name, wrong);
            let told = from_value::<Model>(value.clone()).unwrap_err();
            let told = told.iter().next().unwrap();
            assert_eq!(told.path.to_string(), place);
            assert!(!format!("{told:?}").contains("hunter2"), "{told:?}");
            let stored = from_stored::<Model>(value, "a_thing").unwrap_err();
            let stored = stored.iter().next().unwrap();
            assert_eq!(stored.summary, "Invalid resource state");
            assert!(stored.detail.contains(&format!("`{place}`")), "{stored:?}");
            assert!(!format!("{stored:?}").contains("hunter2"), "{stored:?}");
        }
    }
}
