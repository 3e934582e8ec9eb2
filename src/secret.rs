//! [`Secret`]: text that must not be printed.

use std::fmt;

use serde::{Deserialize, Deserializer};
use zeroize::Zeroizing;

/// Password, client secret, or token value.
///
/// `Debug` shows a placeholder, and there is no `Display` and no `Serialize`. Therefore a secret
/// cannot reach a log line, a message, or a document by accident. The memory is zeroed when the
/// value is dropped. Each place where a secret leaves the process calls [`Secret::expose`], so a
/// search for that name finds them all.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// Wraps text from the configuration, the environment, or the API.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// Returns the text, for code that must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// Reports whether the text is empty.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Compares without an early exit, so that the duration does not reveal where two secrets differ.
impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        let (ours, theirs) = (self.expose().as_bytes(), other.expose().as_bytes());
        ours.len() == theirs.len()
            && ours.iter().zip(theirs).fold(0, |differing, (a, b)| differing | (a ^ b)) == 0
    }
}

impl Eq for Secret {}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_secret_text() {
        let shown = format!(
            "{:?} {:#?}",
            Secret::new("hunter2".into()),
            Some(Secret::new("hunter2".into()))
        );
        assert!(!shown.contains("hunter"), "{shown}");
    }

    #[test]
    fn secrets_compare_by_their_text() {
        assert_eq!(Secret::new("a".into()), Secret::new("a".into()));
        assert_ne!(Secret::new("a".into()), Secret::new("b".into()));
        assert_ne!(Secret::new("a".into()), Secret::new("ab".into()));
    }
}
