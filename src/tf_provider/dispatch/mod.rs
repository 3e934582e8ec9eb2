//! What the protocol's calls mean, on this layer's own types: a file per kind of thing.

pub(super) mod actions;
pub(super) mod data_sources;
pub(super) mod ephemerals;
pub(super) mod lists;
pub(super) mod resources;

use std::collections::BTreeMap;
use std::fmt;

use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::path::{Path, Step};
use super::schema::{Attribute, Schema};
use super::types::Type;
use super::value::Value;

/// Runs the schema's own checks on the known values of a configuration.
pub(super) fn check(schema: &Schema, config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    for attribute in &schema.attributes {
        check_attribute(attribute, config, &Path::attribute(attribute.name), &mut found);
    }
    for block in &schema.blocks {
        for attribute in &block.attributes {
            let path = Path::attribute(block.name).then(Step::Attribute(attribute.name.to_owned()));
            check_attribute(attribute, config.get(block.name), &path, &mut found);
        }
    }
    found
}

fn check_attribute(attribute: &Attribute, parent: &Value, path: &Path, found: &mut Diagnostics) {
    let value = parent.get(attribute.name);
    if value.is_null() || !value.is_wholly_known() {
        return;
    }
    for check in &attribute.checks {
        if let Err(wrong) = check(value) {
            let summary = format!("Invalid value for \"{}\"", attribute.name);
            found.push(Diagnostic { path: path.clone(), ..Diagnostic::error(summary, wrong) });
        }
    }
}

/// What a type declares, made once, and the type itself behind an object-safe trait.
pub(super) struct Offer<T: ?Sized> {
    pub(super) schema: Schema,
    pub(super) object_type: Type,
    validate: fn(&Value) -> Diagnostics,
    pub(super) thing: Box<T>,
}

impl<T: ?Sized> Offer<T> {
    fn new(schema: Schema, validate: fn(&Value) -> Diagnostics, thing: Box<T>) -> Self {
        Self { object_type: schema.object_type(), schema, validate, thing }
    }

    /// Checks a configuration: first what the schema says, then what the type itself does.
    pub(super) fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = check(&self.schema, config);
        found.extend((self.validate)(config));
        found
    }
}

/// All things of one kind that a provider offers, by type name.
pub(super) struct Registry<T: ?Sized> {
    /// What the user calls this kind of thing.
    kind: &'static str,
    offers: BTreeMap<&'static str, Offer<T>>,
}

impl<T: ?Sized> Registry<T> {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, offers: BTreeMap::new() }
    }

    /// Adds an offer. Answers whether its name was free.
    fn insert(&mut self, name: &'static str, offer: Offer<T>) -> bool {
        self.offers.insert(name, offer).is_none()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &Offer<T>)> {
        self.offers.iter().map(|(name, offer)| (*name, offer))
    }

    /// What is offered under this name.
    ///
    /// # Errors
    /// Nothing; only a client that did not read the schemas asks for it.
    pub(super) fn get(&self, name: &str) -> Result<&Offer<T>> {
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
