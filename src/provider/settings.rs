//! [`Setting`]: the value of an argument of the provider block or of its environment variable.

use std::path::Path;

use crate::client::MissingSetting;
use crate::secret::Secret;
use crate::tf_provider::Attr;
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::log::mask;

/// The character with which some editors begin a file.
const BYTE_ORDER_MARK: char = '\u{feff}';

/// A function that returns an environment variable. Tests pass a map.
pub(super) type Environment<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// The value of one argument, and its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// The argument is set.
    Argument(String),
    /// The argument is not set, but its environment variable is.
    Variable(String),
    /// Neither is set.
    Missing,
    /// The argument is unknown before apply.
    ///
    /// The environment variable is ignored, because its value is not the one that the user
    /// configured.
    Unknown,
    /// The value names a file that cannot be used. Only operations that need the value fail.
    Unusable(MissingSetting),
}

impl Setting {
    /// Returns the setting for an argument, which takes precedence over its environment variable.
    ///
    /// An empty variable counts as not set. Whitespace around a value comes from files and shells,
    /// and is removed.
    pub(super) fn of(
        argument: &Attr<String>,
        variable: &str,
        environment: Environment<'_>,
    ) -> Self {
        Self::trimmed(argument, variable, environment, |text| {
            text.trim_matches(|c: char| c.is_whitespace() || c == BYTE_ORDER_MARK)
        })
    }

    fn trimmed(
        argument: &Attr<String>,
        variable: &str,
        environment: Environment<'_>,
        trim: fn(&str) -> &str,
    ) -> Self {
        match argument {
            Attr::Known(text) => Self::Argument(trim(text).to_owned()),
            Attr::Unknown => Self::Unknown,
            Attr::Null => environment(variable)
                .map(|text| trim(&text).to_owned())
                .filter(|text| !text.is_empty())
                .map_or(Self::Missing, Self::Variable),
        }
    }

    /// Returns the setting for a secret, which can be in a file: `file:/run/secrets/anaconda`.
    ///
    /// A password might have spaces around it, so only the line ending is removed.
    pub(super) fn of_secret(
        argument: &Attr<String>,
        names: (&'static str, &str),
        environment: Environment<'_>,
    ) -> Self {
        let (name, variable) = names;
        let read = |text: String, source: &str, setting: fn(String) -> Self| {
            read_file(text, source).map_or_else(Self::Unusable, setting)
        };
        let setting = match Self::trimmed(argument, variable, environment, trim_secret) {
            Self::Argument(text) => read(text, &format!("`{name}`"), Self::Argument),
            Self::Variable(text) => read(text, variable, Self::Variable),
            other => other,
        };
        if let Some(secret) = setting.text() {
            mask(&Secret::new(secret.to_owned()));
        }
        setting
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Argument(text) | Self::Variable(text) => Some(text),
            Self::Missing | Self::Unknown | Self::Unusable(_) => None,
        }
    }

    /// Reports whether the provider block sets the argument, to a known or an unknown value.
    pub(super) fn is_argument(&self) -> bool {
        matches!(self, Self::Argument(_) | Self::Unknown)
    }
}

/// Returns the error for an operation that needs the unknown argument `name`.
pub(super) fn not_known_yet(name: &str) -> MissingSetting {
    MissingSetting {
        summary: "Unknown provider argument value".to_owned(),
        detail: format!(
            "The value of `{name}` in the provider block is known only after apply, because it depends on a \
             resource that does not exist yet. Until then, the provider cannot send requests. If Terraform \
             stops with this message, apply that resource first with `-target`, then apply the rest."
        ),
        unknown: true,
    }
}

/// Returns the text, or the content of the file that it names with `file:`.
///
/// # Errors
/// Returns an error if the file cannot be read or is empty.
pub(super) fn from_file(text: String, source: &str, argument: &str) -> Result<String> {
    read_file(text, source)
        .map_err(|why| Diagnostic::error(why.summary, why.detail).at(argument).into())
}

fn read_file(text: String, source: &str) -> std::result::Result<String, MissingSetting> {
    let Some(path) = text.strip_prefix("file:") else { return Ok(text) };
    let problem = |why: String| MissingSetting {
        summary: "Unable to read secret file".to_owned(),
        detail: format!(
            "{source} names the file \"{path}\": {why}. Check the path, and that the user who runs \
             Terraform can read the file."
        ),
        unknown: false,
    };
    let content = std::fs::read_to_string(Path::new(path))
        .map_err(|e| problem(format!("the provider cannot read it ({e})")))?;
    match trim_secret(&content) {
        "" => Err(problem("the file is empty".to_owned())),
        secret => Ok(secret.to_owned()),
    }
}

/// Removes what editors and shells put around a secret.
fn trim_secret(text: &str) -> &str {
    text.trim_start_matches(BYTE_ORDER_MARK).trim_end_matches(['\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str, secret: bool) -> Setting {
        let environment = |_: &str| Some(text.to_owned());
        if secret {
            Setting::of_secret(&Attr::Null, ("client_secret", "X"), &environment)
        } else {
            Setting::of(&Attr::Null, "X", &environment)
        }
    }

    #[test]
    fn secret_excludes_line_end_and_keeps_spaces() {
        for (text, secret) in
            [("s3cret\n", "s3cret"), ("s3cret\r\n", "s3cret"), (" a b \n", " a b ")]
        {
            assert_eq!(of(text, true).text(), Some(secret), "{text:?}");
            let argument = Attr::Known(text.to_owned());
            let given = Setting::of_secret(&argument, ("client_secret", "X"), &|_| None);
            assert_eq!(given.text(), Some(secret), "{text:?}");
        }
        assert_eq!(of("\u{feff}s3cret", true).text(), Some("s3cret"));
        assert_eq!(of("\n", true), Setting::Missing);
    }

    #[test]
    fn other_values_are_trimmed_of_whitespace() {
        for text in ["acme", " acme ", "acme\n", "\u{feff}acme\r\n"] {
            assert_eq!(of(text, false).text(), Some("acme"), "{text:?}");
        }
        for text in ["", " ", "\n"] {
            assert_eq!(of(text, false), Setting::Missing, "{text:?}");
        }
    }

    #[test]
    fn missing_file_fails_only_what_needs_it() {
        let Setting::Unusable(why) = of("file:/nowhere/secret", true) else { panic!("usable") };
        assert!(!why.unknown && why.detail.contains("/nowhere/secret"), "{}", why.detail);
    }
}
