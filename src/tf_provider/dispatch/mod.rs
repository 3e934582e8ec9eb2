//! What the protocol's calls mean, on this layer's own types: a file per kind of thing.

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

/// What a type declares, made once, and the type itself behind an object-safe trait.
pub(super) struct Registration<T: ?Sized> {
    pub(super) name: &'static str,
    pub(super) schema: Schema,
    pub(super) object_type: Type,
    validate: fn(&Value) -> Diagnostics,
    read: fn(Value) -> std::result::Result<(), Mismatch>,
    pub(super) handler: Box<T>,
}

impl<T: ?Sized> Registration<T> {
    /// `M` is the model of its configuration.
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

    /// Checks a configuration: first what the schema says, then what the type itself does, and at
    /// last whether its model can hold it.
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

    /// Whether the model can hold what is configured or planned. What is not known yet, it may.
    pub(super) fn check_model(&self, configured: Value) -> Result<()> {
        match (self.read)(configured) {
            Err(mismatch) if !mismatch.is_unknown() => Err(mismatch.in_configuration().into()),
            _ => Ok(()),
        }
    }

    /// Whether the model can hold what is stored.
    pub(super) fn check_stored_model(&self, stored: Value) -> Result<()> {
        (self.read)(stored).map_err(|mismatch| mismatch.in_state(self.name).into())
    }
}

/// All things of one kind that a provider offers, by type name.
pub(super) struct Registry<T: ?Sized> {
    /// What the user calls this kind of thing.
    kind: &'static str,
    offers: BTreeMap<&'static str, Registration<T>>,
}

impl<T: ?Sized> Registry<T> {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, offers: BTreeMap::new() }
    }

    /// Adds an offer. Answers whether its name was free.
    fn insert(&mut self, offer: Registration<T>) -> bool {
        self.offers.insert(offer.name, offer).is_none()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Registration<T>)> {
        self.offers.iter().map(|(name, offer)| (*name, offer))
    }

    /// What is offered under this name.
    ///
    /// # Errors
    /// Nothing; only a client that did not read the schemas asks for it.
    pub(super) fn get(&self, name: &str) -> Result<&Registration<T>> {
        self.offers.get(name).ok_or_else(|| unknown_type(self.kind, name).into())
    }
}

impl<T: ?Sized> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.offers.keys()).finish()
    }
}

/// The answer to a call about a type that is not offered.
fn unknown_type(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {kind} type"),
        format!(
            "This version of the provider has no {kind} type \"{name}\". Check the spelling, or upgrade \
             the provider."
        ),
    )
}
