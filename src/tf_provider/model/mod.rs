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
use super::path::{Path, Step};
use super::value::Value;
use crate::secret::Secret;

/// Reads what a user has configured into its model.
///
/// # Errors
/// A diagnostic at the argument that the model cannot hold.
pub fn from_value<T: DeserializeOwned>(value: Value) -> Result<T> {
    read(value).map_err(|mismatch| mismatch.in_configuration().into())
}

/// Reads an object that Terraform has stored into its model.
///
/// # Errors
/// A diagnostic that names what is damaged, and the ways out.
pub(super) fn from_stored<T: DeserializeOwned>(value: Value, type_name: &str) -> Result<T> {
    read(value).map_err(|mismatch| mismatch.in_state(type_name).into())
}

/// Reads a value into its model.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> std::result::Result<T, Mismatch> {
    T::deserialize(de::ValueDeserializer(value))
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

/// Why a value and a model do not fit, and where. Never holds the value itself, which may be a
/// secret.
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

    /// The value is not known before apply, and the model has no place for that.
    fn unknown() -> Self {
        Self { unknown: true, ..Self::new("the value is not known yet".to_owned()) }
    }

    fn inside(self, step: Step) -> Self {
        Self { path: self.path.inside(step), ..self }
    }

    /// Whether nothing is wrong but that the value is not known yet.
    pub(super) fn is_unknown(&self) -> bool {
        self.unknown
    }

    /// The error of a configuration.
    pub(super) fn in_configuration(self) -> Diagnostic {
        let summary = format!("Invalid value for \"{}\"", self.path);
        let detail = format!("This value cannot be used: {}.", self.text);
        Diagnostic { path: self.path, ..Diagnostic::error(summary, detail) }
    }

    /// The error of a stored object.
    pub(super) fn in_state(self, type_name: &str) -> Diagnostic {
        unusable_state(type_name, &self.to_string())
    }
}

/// A stored object is damaged: what is wrong, and the ways out.
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

    /// The standard text would show the value.
    fn invalid_type(found: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        let found = match found {
            serde::de::Unexpected::Unit => "the value is null",
            _ => "the value is of another kind",
        };
        Self::new(format!("{found}, and {expected} was expected"))
    }

    /// The standard text would show the value.
    fn invalid_value(_: serde::de::Unexpected<'_>, expected: &dyn serde::de::Expected) -> Self {
        Self::new(format!("the value is out of range, and {expected} was expected"))
    }

    /// The standard text would show the value.
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
