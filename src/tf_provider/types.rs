//! [`Type`]: the type of an attribute's value.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

/// Type of an attribute, in Terraform's own type system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// Text.
    String,
    /// `true` or `false`.
    Bool,
    /// Number of any size and precision.
    Number,
    /// Ordered values of one type.
    List(Box<Self>),
    /// Distinct, unordered values of one type.
    Set(Box<Self>),
    /// Values of one type by key.
    Map(Box<Self>),
    /// Fixed set of named values, each with its own type.
    Object(BTreeMap<String, Self>),
}

impl Type {
    /// Creates a list of `element`.
    #[must_use]
    pub fn list(element: Self) -> Self {
        Self::List(Box::new(element))
    }

    /// Creates a set of `element`.
    #[must_use]
    pub fn set(element: Self) -> Self {
        Self::Set(Box::new(element))
    }

    /// Creates a map from text to `element`.
    #[must_use]
    pub fn map(element: Self) -> Self {
        Self::Map(Box::new(element))
    }

    /// Creates an object with these attributes.
    #[must_use]
    pub fn object<const N: usize>(attributes: [(&str, Self); N]) -> Self {
        Self::Object(attributes.into_iter().map(|(name, kind)| (name.to_owned(), kind)).collect())
    }

    /// Returns the protocol's JSON form of the type: `"string"`, `["list","string"]`, and so on.
    #[must_use]
    pub fn to_json(&self) -> Json {
        match self {
            Self::String => json!("string"),
            Self::Bool => json!("bool"),
            Self::Number => json!("number"),
            Self::List(element) => json!(["list", element.to_json()]),
            Self::Set(element) => json!(["set", element.to_json()]),
            Self::Map(element) => json!(["map", element.to_json()]),
            Self::Object(attributes) => {
                let fields: serde_json::Map<String, Json> =
                    attributes.iter().map(|(name, kind)| (name.clone(), kind.to_json())).collect();
                json!(["object", fields])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn types_serialize_as_terraform_does() {
        let users = Type::list(Type::object([("id", Type::String), ("admin", Type::Bool)]));
        assert_eq!(
            users.to_json().to_string(),
            r#"["list",["object",{"admin":"bool","id":"string"}]]"#
        );
        assert_eq!(Type::map(Type::Number).to_json().to_string(), r#"["map","number"]"#);
    }
}
