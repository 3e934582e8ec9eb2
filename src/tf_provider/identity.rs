//! [`IdentityAttribute`]: part of the data that distinguishes one object of a type from all others.

use std::collections::BTreeMap;

use super::types::Type;

/// Attribute of an identity. The identity of an object never changes.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// Name.
    pub name: &'static str,
    /// Type: a primitive type or a list of one.
    pub kind: Type,
    /// Description in plain text.
    pub description: &'static str,
    /// Whether an import must set it. If not, it is optional.
    pub required: bool,
}

impl IdentityAttribute {
    /// Creates a string attribute that an import must set.
    #[must_use]
    pub fn required(name: &'static str, description: &'static str) -> Self {
        Self { name, kind: Type::String, description, required: true }
    }

    /// Creates a string attribute that is optional in an import.
    #[must_use]
    pub fn optional(name: &'static str, description: &'static str) -> Self {
        Self { required: false, ..Self::required(name, description) }
    }
}

/// Returns the type of a whole identity.
pub(super) fn object_type(attributes: &[IdentityAttribute]) -> Type {
    let fields: BTreeMap<_, _> = attributes
        .iter()
        .map(|attribute| (attribute.name.to_owned(), attribute.kind.clone()))
        .collect();
    Type::Object(fields)
}
