//! [`Path`]: where in a block something is.

use std::fmt;

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

    /// The same way, begun one step further out.
    #[must_use]
    pub fn inside(mut self, step: Step) -> Self {
        self.0.insert(0, step);
        self
    }

    /// The steps, outermost first. None means the whole block.
    #[must_use]
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

/// As it would be written in a configuration: `timeouts.create`, `keepers["round"]`.
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
