//! [`Schema`]: what a block may hold, and how its attributes behave in a plan.

use super::types::Type;
use super::value::Value;

/// The attributes and nested blocks of a resource, data source or provider.
#[derive(Clone, Debug)]
pub struct Schema {
    /// What it is for, in Markdown.
    pub description: &'static str,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
    /// Its nested blocks, each at most once.
    pub blocks: Vec<Block>,
}

/// A nested block that may be given once.
#[derive(Clone, Debug)]
pub struct Block {
    /// Its name.
    pub name: &'static str,
    /// What it is for, in Markdown.
    pub description: &'static str,
    /// Its attributes.
    pub attributes: Vec<Attribute>,
}

/// Who sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configurability {
    /// The user, always.
    Required,
    /// The user, or nobody.
    Optional,
    /// The provider.
    Computed,
    /// The user, or else the provider.
    OptionalComputed,
}

/// Checks a known value; the error says what is wrong and what would be right.
pub type Check = fn(&Value) -> Result<(), String>;

/// Whether two known values mean the same, so that a change of spelling is no change.
pub type SemanticEquality = fn(&Value, &Value) -> bool;

/// One attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Its name.
    pub name: &'static str,
    /// Its type.
    pub kind: Type,
    /// What it is for, in Markdown. Never empty.
    pub description: &'static str,
    /// Who sets it.
    pub configurability: Configurability,
    /// Whether Terraform hides it in its output.
    pub sensitive: bool,
    /// What it is when the user does not set it.
    pub default: Option<Value>,
    /// Whether another value means another object.
    pub requires_replace: bool,
    /// Whether a computed value outlives every update.
    pub use_state_for_unknown: bool,
    /// When two spellings mean the same.
    pub semantic_equality: Option<SemanticEquality>,
    /// Whether null and an empty collection mean the same.
    pub null_is_empty: bool,
    /// Whether a first value is taken over in place, where another value means another object.
    pub adopts_first_value: bool,
    /// Whether the elements of a collection may be null.
    pub null_elements: bool,
    /// The least and the greatest whole number that a number may be.
    pub range: Option<(i64, i64)>,
    /// What each known element of a collection must satisfy.
    pub element_checks: Vec<Check>,
    /// What a known value must satisfy.
    pub checks: Vec<Check>,
}

fn attribute(
    name: &'static str,
    kind: Type,
    origin: Configurability,
    description: &'static str,
) -> Attribute {
    Attribute {
        name,
        kind,
        description,
        configurability: origin,
        sensitive: false,
        default: None,
        requires_replace: false,
        use_state_for_unknown: false,
        semantic_equality: None,
        null_is_empty: false,
        adopts_first_value: false,
        null_elements: false,
        range: None,
        element_checks: Vec::new(),
        checks: Vec::new(),
    }
}

/// An attribute that the user must set.
#[must_use]
pub fn required(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    attribute(name, kind, Configurability::Required, description)
}

/// An attribute that the user may set; it is null otherwise.
#[must_use]
pub fn optional(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    attribute(name, kind, Configurability::Optional, description)
}

/// An attribute that the provider sets.
#[must_use]
pub fn computed(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    attribute(name, kind, Configurability::Computed, description)
}

/// An attribute that the user may set; the provider sets it otherwise.
#[must_use]
pub fn optional_computed(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    attribute(name, kind, Configurability::OptionalComputed, description)
}

impl Attribute {
    /// Hides the value in Terraform's output.
    #[must_use]
    pub fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    /// Sets what an optional attribute is when the user does not set it.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        // Terraform lets a provider fill in only what it may compute.
        self.configurability = Configurability::OptionalComputed;
        self.default = Some(value.into());
        self
    }

    /// Makes another value mean another object.
    #[must_use]
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// Says that a computed value never changes during the life of the object.
    #[must_use]
    pub fn use_state_for_unknown(mut self) -> Self {
        self.use_state_for_unknown = true;
        self
    }

    /// Says when two spellings mean the same: then the plan keeps the one in the state.
    #[must_use]
    pub fn semantic_equality(mut self, same: SemanticEquality) -> Self {
        self.semantic_equality = Some(same);
        self
    }

    /// Says that null and an empty collection mean the same, so that a change between them does
    /// nothing but to the state.
    #[must_use]
    pub fn null_is_empty(mut self) -> Self {
        self.null_is_empty = true;
        self
    }

    /// Says that a first value is no other value: null is what an import leaves of an argument that
    /// no API tells.
    #[must_use]
    pub fn adopt_first_value(mut self) -> Self {
        self.adopts_first_value = true;
        self
    }

    /// Lets the elements of a collection be null.
    #[must_use]
    pub fn null_elements(mut self) -> Self {
        self.null_elements = true;
        self
    }

    /// Takes whole numbers of this range only, both ends included.
    #[must_use]
    pub fn whole_number(mut self, least: i64, greatest: i64) -> Self {
        self.range = Some((least, greatest));
        self
    }

    /// Adds a check of the known elements of a collection.
    #[must_use]
    pub fn check_each(mut self, check: Check) -> Self {
        self.element_checks.push(check);
        self
    }

    /// Adds a check of known values.
    #[must_use]
    pub fn check(mut self, check: Check) -> Self {
        self.checks.push(check);
        self
    }

    /// What is wrong with a known value as a whole: it is out of range, or a check refuses it.
    #[must_use]
    pub fn faults(&self, value: &Value) -> Vec<String> {
        let out_of_range = self.range.filter(|(least, greatest)| {
            value.as_int().is_none_or(|number| !(*least..=*greatest).contains(&number))
        });
        let range = out_of_range.map(|(least, greatest)| {
            format!("`{}` must be a whole number from {least} to {greatest}.", self.name)
        });
        range.into_iter().chain(self.checks.iter().filter_map(|check| check(value).err())).collect()
    }

    /// Whether the provider may set it.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        matches!(
            self.configurability,
            Configurability::Computed | Configurability::OptionalComputed
        )
    }

    /// Whether `a` and `b` are the same, or spellings of the same.
    #[must_use]
    pub fn means_the_same(&self, a: &Value, b: &Value) -> bool {
        let known = |value: &Value| !value.is_null() && !value.is_unknown();
        a == b
            || (self.null_is_empty && a.is_null_or_empty() && b.is_null_or_empty())
            || (known(a) && known(b) && self.semantic_equality.is_some_and(|same| same(a, b)))
    }
}

impl Schema {
    /// A schema without attributes.
    #[must_use]
    pub fn new(description: &'static str) -> Self {
        Self { description, attributes: Vec::new(), blocks: Vec::new() }
    }

    /// Adds attributes.
    #[must_use]
    pub fn attributes<const N: usize>(mut self, attributes: [Attribute; N]) -> Self {
        self.attributes.extend(attributes);
        self
    }

    /// Adds a nested block that may be given once.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// A stored object with the default of each attribute that it lacks: it was written before there
    /// was such an attribute, and the default is what the provider did then.
    #[must_use]
    pub fn with_defaults(&self, mut stored: Value) -> Value {
        for attribute in &self.attributes {
            if let Some(default) = &attribute.default
                && stored.get(attribute.name).is_null()
            {
                stored.set(attribute.name, default.clone());
            }
        }
        stored
    }

    /// The type of a whole object of this schema.
    #[must_use]
    pub fn object_type(&self) -> Type {
        let attributes = fields_of(&self.attributes);
        let blocks = self.blocks.iter().map(|block| {
            (block.name.to_owned(), Type::Object(fields_of(&block.attributes).collect()))
        });
        Type::Object(attributes.chain(blocks).collect())
    }
}

fn fields_of(attributes: &[Attribute]) -> impl Iterator<Item = (String, Type)> {
    attributes.iter().map(|attribute| (attribute.name.to_owned(), attribute.kind.clone()))
}
