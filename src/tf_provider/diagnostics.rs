//! [`Diagnostics`]: errors and warnings for the user.

use super::path::Path;

/// Result of an operation: a value, or the diagnostics that explain the failure.
pub type Result<T> = std::result::Result<T, Diagnostics>;

/// Severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Severity {
    /// The operation failed.
    Error,
    /// The operation continues, but the user should know about it.
    Warning,
}

/// One message to the user.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Severity.
    pub severity: Severity,
    /// One short line.
    pub summary: String,
    /// Full sentences: what happened to which object, and what to do next.
    pub detail: String,
    /// Argument that the message is about; empty for the whole block.
    pub path: Path,
}

impl Diagnostic {
    /// Creates an error about the whole block.
    #[must_use]
    pub fn error(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        let (summary, detail) = (summary.into(), detail.into());
        Self { severity: Severity::Error, summary, detail, path: Path::default() }
    }

    /// Creates a warning about the whole block.
    #[must_use]
    pub fn warning(summary: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(summary, detail) }
    }

    /// Creates an error about a bug in the provider, which the user cannot fix.
    #[must_use]
    pub fn bug(detail: impl AsRef<str>) -> Self {
        let detail = detail.as_ref();
        Self::error(
            "Bug in the provider",
            format!(
                "{detail} This is a bug in the provider. Report this issue to the provider developers, \
                 with the log of the same command with TF_LOG_PROVIDER=TRACE. The log contains no \
                 secrets."
            ),
        )
    }

    /// Sets the argument that the message is about.
    #[must_use]
    pub fn at(mut self, name: &str) -> Self {
        self.path = Path::attribute(name);
        self
    }
}

/// Messages to the user, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diagnostics(Vec<Diagnostic>);

impl Diagnostics {
    /// Adds a message.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all messages of `others`.
    pub fn extend(&mut self, others: Self) {
        self.0.extend(others.0);
    }

    /// Reports whether at least one message is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.0.iter().any(|diagnostic| diagnostic.severity == Severity::Error)
    }

    /// Reports whether there are no messages.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Splits the messages into errors and warnings.
    #[must_use]
    pub fn split(self) -> (Self, Self) {
        let (errors, others) =
            self.0.into_iter().partition(|diagnostic| diagnostic.severity == Severity::Error);
        (Self(errors), Self(others))
    }

    /// Returns the messages.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(diagnostic: Diagnostic) -> Self {
        Self(vec![diagnostic])
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
