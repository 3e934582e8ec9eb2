//! Implements the protocol's RPCs on the types of this layer, with one file for each kind of type.

pub(super) mod actions;
mod check;
pub(super) mod data_sources;
pub(super) mod ephemerals;
pub(super) mod lists;
pub(super) mod resources;

use std::collections::BTreeMap;
use std::fmt;

use serde::de::DeserializeOwned;

use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::model::{self, Mismatch};
use super::schema::Schema;
use super::types::Type;
use super::value::Value;
pub(super) use check::check;

/// Registered type: its declarations, evaluated once, and the type itself behind an object-safe
/// trait.
pub(super) struct Registration<T: ?Sized> {
    pub(super) name: &'static str,
    pub(super) schema: Schema,
    pub(super) object_type: Type,
    validate: fn(&Value) -> Diagnostics,
    read: fn(Value) -> std::result::Result<(), Mismatch>,
    pub(super) handler: Box<T>,
}

impl<T: ?Sized> Registration<T> {
    /// Creates a registration. `M` is the model of the configuration.
    fn new<M: DeserializeOwned>(
        name: &'static str,
        schema: Schema,
        validate: fn(&Value) -> Diagnostics,
        thing: Box<T>,
    ) -> Self {
        let object_type = schema.object_type();
        let read = |value| model::read::<M>(value).map(drop);
        Self { name, schema, object_type, validate, read, handler: thing }
    }

    /// Checks a configuration: first with the schema, then with the type's own checks, and finally
    /// whether the model can hold it.
    pub(super) fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = check(&self.schema, config);
        found.extend((self.validate)(config));
        if !found.has_errors()
            && !config.is_null()
            && let Err(problem) = self.check_model(self.schema.with_defaults(config.clone()))
        {
            found.extend(problem);
        }
        found
    }

    /// Checks that the model can hold a configuration or a plan. Unknown values are allowed.
    pub(super) fn check_model(&self, configured: Value) -> Result<()> {
        match (self.read)(configured) {
            Err(mismatch) if !mismatch.is_unknown() => Err(mismatch.in_configuration().into()),
            _ => Ok(()),
        }
    }

    /// Checks that the model can hold a stored object.
    pub(super) fn check_stored_model(&self, stored: Value) -> Result<()> {
        (self.read)(stored).map_err(|mismatch| mismatch.in_state(self.name).into())
    }
}

/// All types of one kind in a provider, by type name.
pub(super) struct Registry<T: ?Sized> {
    /// Name of this kind in messages.
    kind: &'static str,
    offers: BTreeMap<&'static str, Registration<T>>,
}

impl<T: ?Sized> Registry<T> {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, offers: BTreeMap::new() }
    }

    /// Adds a registration. Returns `false` if its name was already used.
    fn insert(&mut self, offer: Registration<T>) -> bool {
        self.offers.insert(offer.name, offer).is_none()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Registration<T>)> {
        self.offers.iter().map(|(name, offer)| (*name, offer))
    }

    /// Returns the registration with this name.
    ///
    /// # Errors
    /// Returns an error if the type does not exist. Only a client that did not read the schemas
    /// requests it.
    pub(super) fn get(&self, name: &str) -> Result<&Registration<T>> {
        self.offers.get(name).ok_or_else(|| unknown_type(self.kind, name).into())
    }
}

impl<T: ?Sized> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.offers.keys()).finish()
    }
}

/// Returns the error for an RPC about an unknown type.
fn unknown_type(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {kind} type"),
        format!(
            "This version of the provider has no {kind} type \"{name}\". Check the spelling, or upgrade \
             the provider."
        ),
    )
}
