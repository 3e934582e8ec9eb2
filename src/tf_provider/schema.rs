//! [`Schema`]: the contents of a block, and the behavior of its attributes in a plan.

use super::types::Type;
use super::value::Value;

/// Attributes and nested blocks of a resource, data source, or provider.
#[derive(Clone, Debug)]
pub struct Schema {
    /// Description in Markdown.
    pub description: &'static str,
    /// Attributes.
    pub attributes: Vec<Attribute>,
    /// Nested blocks, each at most once.
    pub blocks: Vec<Block>,
}

/// Nested block that can be set once.
#[derive(Clone, Debug)]
pub struct Block {
    /// Name.
    pub name: &'static str,
    /// Description in Markdown.
    pub description: &'static str,
    /// Attributes.
    pub attributes: Vec<Attribute>,
}

/// Whether the user or the provider sets an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Configurability {
    /// The user must set it.
    Required,
    /// The user can set it.
    Optional,
    /// The provider sets it.
    Computed,
    /// The user can set it; if not, the provider sets it.
    OptionalComputed,
}

/// Check of a known value. The error states what is wrong and what is valid.
pub type Check = fn(&Value) -> Result<(), String>;

/// Comparison that reports whether two known values are semantically equal, so that a change
/// between them is not a change of the plan.
pub type SemanticEquality = fn(&Value, &Value) -> bool;

/// Attribute.
#[derive(Clone, Debug)]
pub struct Attribute {
    /// Name.
    pub name: &'static str,
    /// Type.
    pub kind: Type,
    /// Description in Markdown. Never empty.
    pub description: &'static str,
    /// Whether the user or the provider sets it.
    pub configurability: Configurability,
    /// Whether Terraform hides it in its output.
    pub sensitive: bool,
    /// Value if the user does not set it.
    pub default: Option<Value>,
    /// Whether a change of this attribute requires replacement.
    pub requires_replace: bool,
    /// Whether updates keep a computed value.
    pub use_state_for_unknown: bool,
    /// Comparison for semantic equality.
    pub semantic_equality: Option<SemanticEquality>,
    /// Whether null and an empty collection are equal.
    pub null_is_empty: bool,
    /// Whether a first value is adopted in place, although any other change requires replacement.
    pub adopts_first_value: bool,
    /// Whether the elements of a collection can be null.
    pub null_elements: bool,
    /// Smallest and largest valid whole number.
    pub range: Option<(i64, i64)>,
    /// Checks of each known element of a collection.
    pub element_checks: Vec<Check>,
    /// Checks of a known value.
    pub checks: Vec<Check>,
}

fn attribute(
    name: &'static str,
    kind: Type,
    configurability: Configurability,
    description: &'static str,
) -> Attribute {
    Attribute {
        name,
        kind,
        description,
        configurability,
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

/// Creates an attribute that the user must set.
#[must_use]
pub fn required(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    attribute(name, kind, Configurability::Required, description)
}

/// Creates an attribute that the user can set; otherwise it is null.
#[must_use]
pub fn optional(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    attribute(name, kind, Configurability::Optional, description)
}

/// Creates an attribute that the provider sets.
#[must_use]
pub fn computed(name: &'static str, kind: Type, description: &'static str) -> Attribute {
    attribute(name, kind, Configurability::Computed, description)
}

/// Creates an attribute that the user can set; otherwise the provider sets it.
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

    /// Sets the value of an optional attribute that the user does not set.
    #[must_use]
    pub fn default(mut self, value: impl Into<Value>) -> Self {
        // Terraform lets a provider set only computed attributes.
        self.configurability = Configurability::OptionalComputed;
        self.default = Some(value.into());
        self
    }

    /// Makes a change of this attribute require replacement.
    #[must_use]
    pub fn requires_replace(mut self) -> Self {
        self.requires_replace = true;
        self
    }

    /// Declares that the computed value of an object never changes.
    #[must_use]
    pub fn use_state_for_unknown(mut self) -> Self {
        self.use_state_for_unknown = true;
        self
    }

    /// Sets the comparison for semantic equality. If two values are equal, the plan keeps the value
    /// of the state.
    #[must_use]
    pub fn semantic_equality(mut self, same: SemanticEquality) -> Self {
        self.semantic_equality = Some(same);
        self
    }

    /// Declares that null and an empty collection are equal, so that a change between them only
    /// updates the state.
    #[must_use]
    pub fn null_is_empty(mut self) -> Self {
        self.null_is_empty = true;
        self
    }

    /// Declares that a first value does not require replacement. After an import, an argument that
    /// the API does not return is null.
    #[must_use]
    pub fn adopt_first_value(mut self) -> Self {
        self.adopts_first_value = true;
        self
    }

    /// Allows null elements in a collection.
    #[must_use]
    pub fn null_elements(mut self) -> Self {
        self.null_elements = true;
        self
    }

    /// Accepts only whole numbers from `least` to `greatest`.
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

    /// Returns the problems of a known value as a whole: it is out of range, or a check rejects it.
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

    /// Reports whether the provider can set it.
    #[must_use]
    pub fn is_computed(&self) -> bool {
        matches!(
            self.configurability,
            Configurability::Computed | Configurability::OptionalComputed
        )
    }

    /// Reports whether `a` and `b` are equal, or semantically equal.
    #[must_use]
    pub fn means_the_same(&self, a: &Value, b: &Value) -> bool {
        let known = |value: &Value| !value.is_null() && !value.is_unknown();
        a == b
            || (self.null_is_empty && a.is_null_or_empty() && b.is_null_or_empty())
            || (known(a) && known(b) && self.semantic_equality.is_some_and(|same| same(a, b)))
    }
}

impl Schema {
    /// Creates a schema without attributes.
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

    /// Adds a nested block that can be set once.
    #[must_use]
    pub fn block(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    /// Adds the default of each attribute that a stored object lacks. The object was written by a
    /// version without this attribute, whose behavior the default describes.
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

    /// Returns the type of a whole object of this schema.
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
