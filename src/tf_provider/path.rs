//! [`Path`]: the location of a value in a block.

use std::fmt;

/// Steps from the top of a block to one of its values.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

/// One step of a [`Path`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Attribute or nested block, by name.
    Attribute(String),
    /// Element of a list, by index from 0.
    Index(i64),
    /// Element of a map, by key.
    Key(String),
}

impl Path {
    /// Returns the path of the attribute or block `name` at the top level.
    #[must_use]
    pub fn attribute(name: &str) -> Self {
        Self(vec![Step::Attribute(name.to_owned())])
    }

    /// Appends a step.
    #[must_use]
    pub fn then(mut self, step: Step) -> Self {
        self.0.push(step);
        self
    }

    /// Prepends a step.
    #[must_use]
    pub fn inside(mut self, step: Step) -> Self {
        self.0.insert(0, step);
        self
    }

    /// Returns the steps, outermost first. No steps means the whole block.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// Formats the path as in a configuration: `timeouts.create`, `keepers["round"]`.
impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (position, step) in self.0.iter().enumerate() {
            match step {
                Step::Attribute(name) if position == 0 => f.write_str(name)?,
                Step::Attribute(name) => write!(f, ".{name}")?,
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => write!(f, "[{key:?}]")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn path_displays_as_in_configuration() {
        let path = Path::attribute("users").then(Step::Key("a.b".into())).then(Step::Index(2));
        let path = path.then(Step::Attribute("id".into()));
        assert_eq!(path.to_string(), "users[\"a.b\"][2].id");
        let inside = Path::attribute("id").inside(Step::Attribute("user".into()));
        assert_eq!(inside.to_string(), "user.id");
    }
}
