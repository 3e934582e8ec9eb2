//! [`ResourcePlan`]: the planned change of an object, derived from its configuration.
//!
//! Terraform checks every plan. A configured value must be planned as written, or remain unchanged.
//! A value that is planned as known must be unchanged after the apply. This file creates plans from
//! the schema alone; a resource adds what only it can determine.

use super::path::Path;
use super::schema::{Attribute, Schema};
use super::value::Value;

/// Planned change of one object.
#[derive(Debug)]
pub struct ResourcePlan {
    config: Value,
    prior: Value,
    planned: Value,
    requires_replace: Vec<Path>,
}

impl ResourcePlan {
    /// Creates a plan from the schema: defaults, semantically equal values, unknown values, and
    /// attributes that require replacement.
    ///
    /// `prior` is null for a new object. `proposed` is Terraform's own merge of the configuration
    /// and the prior state.
    #[must_use]
    pub fn from_proposed_state(
        schema: &Schema,
        config: Value,
        prior: Value,
        proposed: Value,
    ) -> Self {
        let prior = schema.with_defaults(prior);
        let mut change = Self { config, prior, planned: proposed, requires_replace: Vec::new() };
        // A block has no computed attributes, so it is planned as written. Terraform v1.0 proposes
        // to keep a block that was removed from the configuration, and then rejects such a plan.
        for block in &schema.blocks {
            let written = change.config.get(block.name).clone();
            change.planned.set(block.name, written);
        }
        for attribute in &schema.attributes {
            change.plan_attribute(attribute);
        }
        if change.differs(schema) {
            for attribute in &schema.attributes {
                change.mark_computed_unknown(attribute);
            }
        }
        if !change.is_create() {
            for attribute in schema.attributes.iter().filter(|a| a.requires_replace) {
                if change.replaces(attribute) {
                    change.requires_replace.push(Path::attribute(attribute.name));
                }
            }
        }
        change
    }

    /// Fills in the default, or keeps the value of the state if it is semantically equal.
    fn plan_attribute(&mut self, attribute: &Attribute) {
        let (config, prior) = (self.config.get(attribute.name), self.prior.get(attribute.name));
        let settled = if config.is_null() {
            attribute.default.clone()
        } else {
            // Terraform rejects a plan with null for a configured value.
            let same = !prior.is_null() && attribute.means_the_same(config, prior);
            same.then(|| prior.clone())
        };
        if let Some(settled) = settled {
            self.planned.set(attribute.name, settled);
        }
    }

    fn mark_computed_unknown(&mut self, attribute: &Attribute) {
        let set_by_provider = attribute.is_computed()
            && attribute.default.is_none()
            && self.config.get(attribute.name).is_null();
        if set_by_provider && (self.is_create() || !attribute.use_state_for_unknown) {
            self.planned.set(attribute.name, Value::Unknown);
        }
    }

    fn replaces(&self, attribute: &Attribute) -> bool {
        let (prior, planned) = (self.prior.get(attribute.name), self.planned.get(attribute.name));
        let had_none = prior.is_null() || (attribute.null_is_empty && prior.is_null_or_empty());
        let adopted = attribute.adopts_first_value && had_none;
        !adopted && !attribute.means_the_same(prior, planned)
    }

    fn differs(&self, schema: &Schema) -> bool {
        let attributes = schema.attributes.iter().map(|attribute| attribute.name);
        let mut names = attributes.chain(schema.blocks.iter().map(|block| block.name));
        self.is_create() || names.any(|name| self.prior.get(name) != self.planned.get(name))
    }

    /// Reports whether a new object is planned. Also true for the second part of a replacement.
    #[must_use]
    pub fn is_create(&self) -> bool {
        self.prior.is_null()
    }

    /// Returns the configured value of `name`.
    #[must_use]
    pub fn config(&self, name: &str) -> &Value {
        self.config.get(name)
    }

    /// Returns the prior value of `name`; null for a new object.
    #[must_use]
    pub fn prior(&self, name: &str) -> &Value {
        self.prior.get(name)
    }

    /// Returns the planned value of `name`.
    #[must_use]
    pub fn planned(&self, name: &str) -> &Value {
        self.planned.get(name)
    }

    /// Reports whether the planned value of `name` differs from the prior one.
    #[must_use]
    pub fn changes(&self, name: &str) -> bool {
        self.prior(name) != self.planned(name)
    }

    /// Reports whether the planned value of `name` differs from the prior one. Null and an empty
    /// collection count as equal.
    #[must_use]
    pub fn changes_elements(&self, name: &str) -> bool {
        let (prior, planned) = (self.prior(name), self.planned(name));
        self.changes(name) && !(prior.is_null_or_empty() && planned.is_null_or_empty())
    }

    /// Reports whether the plan replaces the object.
    #[must_use]
    pub fn is_replacement(&self) -> bool {
        !self.requires_replace.is_empty()
    }

    /// Reports whether the only reason for a replacement is that the planned value of `name`, which
    /// has a prior value, is unknown.
    #[must_use]
    pub fn is_replacement_only_because_unknown(&self, name: &str) -> bool {
        !self.prior(name).is_null()
            && !self.planned(name).is_wholly_known()
            && self.requires_replace == [Path::attribute(name)]
    }

    /// Sets the planned value of `name`. Only for attributes that the user did not set.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.planned.set(name, value);
    }

    /// Plans an unknown value for `name`. Only for attributes that the user did not set.
    pub fn set_unknown(&mut self, name: &str) {
        self.planned.set(name, Value::Unknown);
    }

    /// Plans a replacement because of `name`. Terraform replaces only if the planned value differs
    /// from the prior one.
    pub fn require_replace(&mut self, name: &str) {
        let path = Path::attribute(name);
        if !self.requires_replace.contains(&path) {
            self.requires_replace.push(path);
        }
    }

    /// Cancels the replacement because of `name`.
    pub fn clear_requires_replace(&mut self, name: &str) {
        self.requires_replace.retain(|path| *path != Path::attribute(name));
    }

    /// Returns the planned object, and the attributes that require replacement.
    #[must_use]
    pub fn finish(self) -> (Value, Vec<Path>) {
        (self.planned, self.requires_replace)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::tf_provider::schema::{Block, computed, optional, optional_computed, required};
    use crate::tf_provider::types::Type;

    fn schema() -> Schema {
        Schema::new("A thing.").attributes([
            computed("id", Type::String, "Its id.").use_state_for_unknown(),
            required("owner", Type::String, "Who has it.").requires_replace(),
            optional_computed("email", Type::String, "Where it is.")
                .use_state_for_unknown()
                .requires_replace()
                .semantic_equality(|a, b| {
                    a.as_str().map(str::to_lowercase) == b.as_str().map(str::to_lowercase)
                }),
            optional("note", Type::String, "A note."),
            optional("hidden", Type::Bool, "Whether to hide.").default(false).requires_replace(),
            computed("seen", Type::Bool, "Whether it was seen."),
        ])
    }

    fn object(fields: &[(&str, Value)]) -> Value {
        let mut all = BTreeMap::new();
        for name in ["id", "owner", "email", "note", "hidden", "seen"] {
            all.insert(name.to_owned(), Value::Null);
        }
        for (name, value) in fields {
            all.insert((*name).to_owned(), value.clone());
        }
        Value::Object(all)
    }

    fn state() -> Value {
        object(&[
            ("id", "1".into()),
            ("owner", "ada".into()),
            ("email", "ada@x.org".into()),
            ("hidden", false.into()),
            ("seen", true.into()),
        ])
    }

    /// Returns Terraform's merge: the configuration, and the prior values of computed attributes
    /// that are not set.
    fn proposed(config: &Value, prior: &Value) -> Value {
        let mut merged = config.clone();
        for attribute in schema().attributes.iter().filter(|a| a.is_computed()) {
            if config.get(attribute.name).is_null() {
                merged.set(attribute.name, prior.get(attribute.name).clone());
            }
        }
        merged
    }

    fn plan(config: &Value, prior: &Value) -> (Value, Vec<Path>) {
        let proposed = proposed(config, prior);
        ResourcePlan::from_proposed_state(&schema(), config.clone(), prior.clone(), proposed)
            .finish()
    }

    #[test]
    fn new_object_has_defaults_and_unknowns() {
        let config = object(&[("owner", "ada".into())]);
        let (planned, replace) = plan(&config, &Value::Null);
        let unknown = || Value::Unknown;
        assert_eq!(
            planned,
            object(&[
                ("id", unknown()),
                ("owner", "ada".into()),
                ("email", unknown()),
                ("hidden", false.into()),
                ("seen", unknown()),
            ])
        );
        assert_eq!(replace, []);
    }

    #[test]
    fn unchanged_object_is_planned_as_prior() {
        let config = object(&[("owner", "ada".into())]);
        assert_eq!(plan(&config, &state()), (state(), vec![]));
    }

    #[test]
    fn block_is_planned_as_configured() {
        let timeouts = Block { name: "timeouts", description: "How long.", attributes: vec![] };
        let schema = Schema::new("A thing.").block(timeouts);
        let with = |block: Value| Value::Object([("timeouts".to_owned(), block)].into());
        let block = Value::Object([("create".to_owned(), "1h".into())].into());
        let (written, prior) = (with(Value::Null), with(block));
        // Proposal of Terraform v1.0.
        let proposed = prior.clone();
        let (planned, _) =
            ResourcePlan::from_proposed_state(&schema, written.clone(), prior, proposed).finish();
        assert_eq!(planned, written);
    }

    #[test]
    fn semantically_equal_value_is_no_change() {
        let config = object(&[("owner", "ada".into()), ("email", "Ada@X.org".into())]);
        assert_eq!(plan(&config, &state()), (state(), vec![]));
    }

    #[test]
    fn update_marks_only_changing_attributes_unknown() {
        let config = object(&[("owner", "ada".into()), ("note", "new".into())]);
        let (planned, replace) = plan(&config, &state());
        assert_eq!(planned.get("id"), &Value::from("1"));
        assert_eq!(planned.get("email"), &Value::from("ada@x.org"));
        assert_eq!(planned.get("seen"), &Value::Unknown);
        assert_eq!(replace, []);
    }

    #[test]
    fn changed_or_unknown_owner_requires_replacement() {
        for owner in [Value::from("bob"), Value::Unknown] {
            let config = object(&[("owner", owner)]);
            assert_eq!(plan(&config, &state()).1, [Path::attribute("owner")]);
        }
    }

    #[test]
    fn attribute_newer_than_state_requires_no_replacement() {
        let mut old = state();
        old.set("hidden", Value::Null);
        let config = object(&[("owner", "ada".into())]);
        assert_eq!(plan(&config, &old).1, []);
        let config = object(&[("owner", "ada".into()), ("hidden", true.into())]);
        assert_eq!(plan(&config, &old).1, [Path::attribute("hidden")]);
    }
}
