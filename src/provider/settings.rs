//! [`Setting`]: one argument of the provider block, or else its environment variable.

use std::path::Path;

use crate::client::Unavailable;
use crate::secret::Secret;
use crate::tf_provider::Attr;
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::log::mask;

/// Looks up an environment variable. Tests pass a map.
pub(super) type Environment<'a> = &'a (dyn Fn(&str) -> Option<String> + Sync);

/// What became of one argument.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Setting {
    /// The argument is set.
    Argument(String),
    /// The argument is not set, its variable is.
    Variable(String),
    /// Neither is set.
    Missing,
    /// The argument is set to something that is not known before apply. The variable does not
    /// count then: it would be another value than the one the user asked for.
    Unknown,
}

impl Setting {
    /// An argument beats its variable. An empty variable counts as not set.
    pub(super) fn of(
        argument: &Attr<String>,
        variable: &str,
        environment: Environment<'_>,
    ) -> Self {
        match argument {
            Attr::Known(text) => Self::Argument(text.clone()),
            Attr::Unknown => Self::Unknown,
            Attr::Null => environment(variable)
                .filter(|text| !text.is_empty())
                .map_or(Self::Missing, Self::Variable),
        }
    }

    /// The same for a secret, which may stand in a file: `file:/run/secrets/anaconda`.
    ///
    /// # Errors
    /// The file cannot be read, or is empty.
    pub(super) fn of_secret(
        argument: &Attr<String>,
        names: (&'static str, &str),
        environment: Environment<'_>,
    ) -> Result<Self> {
        let (name, variable) = names;
        let setting = match Self::of(argument, variable, environment) {
            Self::Argument(text) => Self::Argument(from_file(text, &format!("`{name}`"), name)?),
            Self::Variable(text) => Self::Variable(from_file(text, variable, name)?),
            other => other,
        };
        if let Some(secret) = setting.text() {
            mask(&Secret::new(secret.to_owned()));
        }
        Ok(setting)
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Argument(text) | Self::Variable(text) => Some(text),
            Self::Missing | Self::Unknown => None,
        }
    }

    /// Whether the provider block says something about it, known or not.
    pub(super) fn is_argument(&self) -> bool {
        matches!(self, Self::Argument(_) | Self::Unknown)
    }
}

/// Why nothing that needs the argument `name` can be done yet.
pub(super) fn not_known_yet(name: &str) -> Unavailable {
    Unavailable {
        summary: "Provider configuration is not known yet".to_owned(),
        detail: format!(
            "`{name}` of the provider block comes from something that Terraform creates in this run, \
             so Anaconda cannot be asked before that is done. If Terraform stops here, apply in two \
             steps: first what `{name}` comes from, with -target, then the rest."
        ),
        unknown: true,
    }
}

/// The text, or what is in the file that it names with `file:`.
///
/// # Errors
/// The file cannot be read, or is empty.
pub(super) fn from_file(text: String, source: &str, argument: &str) -> Result<String> {
    let Some(path) = text.strip_prefix("file:") else { return Ok(text) };
    let problem = |why: String| {
        let what = format!(
            "{source} names the file \"{path}\", and {why}. Check the path, and that whoever runs \
             Terraform may read the file."
        );
        Diagnostic::error("Secret file cannot be used", what).at(argument)
    };
    let content = std::fs::read_to_string(Path::new(path))
        .map_err(|e| problem(format!("reading it failed: {e}")))?;
    match content.trim_end_matches(['\r', '\n']) {
        "" => Err(problem("that file is empty".to_owned()).into()),
        secret => Ok(secret.to_owned()),
    }
}
