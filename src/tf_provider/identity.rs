//! [`IdentityAttribute`]: what tells one object of a type from all others.

use std::collections::BTreeMap;

use super::types::Type;

/// One attribute of an identity. Identities never change during the life of an object.
#[derive(Clone, Debug)]
pub struct IdentityAttribute {
    /// Its name.
    pub name: &'static str,
    /// Its type: a primitive or a list of them.
    pub kind: Type,
    /// What it is, in plain text.
    pub description: &'static str,
    /// Whether an import must give it; else it may.
    pub required: bool,
}

impl IdentityAttribute {
    /// Text that an import must give.
    #[must_use]
    pub fn required(name: &'static str, description: &'static str) -> Self {
        Self { name, kind: Type::String, description, required: true }
    }

    /// Text that an import may leave out.
    #[must_use]
    pub fn optional(name: &'static str, description: &'static str) -> Self {
        Self { required: false, ..Self::required(name, description) }
    }
}

/// The type of a whole identity.
pub(super) fn object_type(attributes: &[IdentityAttribute]) -> Type {
    let fields: BTreeMap<_, _> = attributes
        .iter()
        .map(|attribute| (attribute.name.to_owned(), attribute.kind.clone()))
        .collect();
    Type::Object(fields)
}
