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
            let summary = format!("Invalid value of \"{}\"", attribute.name);
            found.push(Diagnostic { path: path.clone(), ..Diagnostic::error(summary, wrong) });
        }
    }
}

/// All things of one kind that a provider offers, by type name.
pub(super) struct Registry<T: ?Sized> {
    /// What the user calls this kind of thing.
    kind: &'static str,
    things: BTreeMap<&'static str, Box<T>>,
}

impl<T: ?Sized> Registry<T> {
    pub(super) fn new(kind: &'static str) -> Self {
        Self { kind, things: BTreeMap::new() }
    }

    /// Adds a thing. Answers whether its name was free.
    fn insert(&mut self, name: &'static str, thing: Box<T>) -> bool {
        self.things.insert(name, thing).is_none()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&'static str, &T)> {
        self.things.iter().map(|(name, thing)| (*name, thing.as_ref()))
    }

    /// The thing of this name.
    ///
    /// # Errors
    /// There is none; only a client that did not read the schemas asks for it.
    pub(super) fn get(&self, name: &str) -> Result<&T> {
        self.things.get(name).map(AsRef::as_ref).ok_or_else(|| unknown_type(self.kind, name).into())
    }
}

impl<T: ?Sized> fmt::Debug for Registry<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.things.keys()).finish()
    }
}

/// The answer to a call about a type that is not offered.
pub(super) fn unknown_type(kind: &str, name: &str) -> Diagnostic {
    Diagnostic::error(
        format!("Unknown {kind} type"),
        format!("This provider has no {kind} type \"{name}\"."),
    )
}
