//! Where settings come from, so that a test can bring its own.

/// Something with named variables: the process environment, or a test's map.
pub(crate) trait Environment {
    /// The value of a variable, or `None` if it is not set at all.
    ///
    /// Bytes that are not UTF-8 are replaced and not dropped: a variable that is set to nonsense
    /// must not look like one that is absent.
    fn var(&self, name: &str) -> Option<String>;

    /// The value of a variable for which an empty text means the same as absence.
    fn text(&self, name: &str) -> Option<String> {
        self.var(name).filter(|text| !text.is_empty())
    }
}

/// The environment of this process.
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
