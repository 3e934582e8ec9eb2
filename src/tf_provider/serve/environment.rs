//! Source of environment variables, which tests can replace.

/// Source of environment variables: the process environment, or a map of a test.
pub(crate) trait Environment {
    /// Returns the value of an environment variable, or `None` if it is not set.
    ///
    /// Bytes that are not UTF-8 are replaced, not dropped: an invalid value must not look like an
    /// unset environment variable.
    fn var(&self, name: &str) -> Option<String>;

    /// Returns the value of an environment variable for which an empty value counts as unset.
    fn text(&self, name: &str) -> Option<String> {
        self.var(name).filter(|text| !text.is_empty())
    }
}

/// Environment of this process.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Process;

impl Environment for Process {
    fn var(&self, name: &str) -> Option<String> {
        std::env::var_os(name).map(|value| value.to_string_lossy().into_owned())
    }
}

#[cfg(test)]
impl<const N: usize> Environment for [(&str, &str); N] {
    fn var(&self, name: &str) -> Option<String> {
        self.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
    }
}
