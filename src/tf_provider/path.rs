//! [`Path`]: where in a block something is.

/// The way from the top of a block to one of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into an attribute or a nested block, by name.
    Attribute(String),
    /// Into a list, by position from 0.
    Index(i64),
    /// Into a map, by key.
    Key(String),
}

impl Path {
    /// The attribute or block `name` at the top.
    #[must_use]
    pub fn attribute(name: &str) -> Self {
        Self(vec![Step::Attribute(name.to_owned())])
    }

    /// One step further, into an attribute.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// The steps, outermost first. None means the whole block.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}
