//! The source of each setting.

use std::collections::BTreeMap;
use std::env;

use super::finding::{Finding, Part};
use crate::provider;
use crate::tf_provider::schema::Attribute;
use crate::tf_provider::value::Value;

/// The arguments of the provider block that have an environment variable.
const VARIABLES: &[(&str, &str)] = &[
    ("organization_id", "ANACONDA_ORGANIZATION_ID"),
    ("client_id", "ANACONDA_CLIENT_ID"),
    ("client_secret", "ANACONDA_CLIENT_SECRET"),
    ("admin_username", "ANACONDA_ADMIN_USERNAME"),
    ("admin_password", "ANACONDA_ADMIN_PASSWORD"),
    ("access_token", "ANACONDA_ACCESS_TOKEN"),
    ("admin_access_token", "ANACONDA_ADMIN_ACCESS_TOKEN"),
    ("base_url", "ANACONDA_BASE_URL"),
    ("ca_cert_file", "ANACONDA_CA_CERT_FILE"),
    ("client_cert_file", "ANACONDA_CLIENT_CERT_FILE"),
    ("client_key_file", "ANACONDA_CLIENT_KEY_FILE"),
    ("seat_limit", "ANACONDA_SEAT_LIMIT"),
    ("offboarding_limit", "ANACONDA_OFFBOARDING_LIMIT"),
];

/// Returns the environment variable of an argument.
pub(super) fn variable(argument: &str) -> Option<&'static str> {
    VARIABLES.iter().find(|(name, _)| *name == argument).map(|(_, variable)| *variable)
}

/// The source of a setting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    Flag,
    Variable,
}

impl Source {
    /// Returns the name of the source for the report.
    pub(super) fn describe(self) -> &'static str {
        match self {
            Self::Flag => "flag",
            Self::Variable => "environment variable",
        }
    }
}

/// A setting that has a value.
#[derive(Debug)]
pub(super) struct Origin {
    pub(super) name: &'static str,
    pub(super) source: Source,
    /// The unmasked value, which might be a secret.
    text: String,
    secret: bool,
    /// Whether a flag takes precedence over an environment variable that is also set.
    hides: bool,
}

/// Returns every setting that has a value, in the order of the provider block.
pub(super) fn origins(block: &BTreeMap<&'static str, Value>) -> Vec<Origin> {
    let attributes = provider::schema().attributes;
    attributes.iter().filter_map(|attribute| origin(attribute, block)).collect()
}

fn origin(attribute: &Attribute, block: &BTreeMap<&'static str, Value>) -> Option<Origin> {
    let from_environment = variable(attribute.name)
        .and_then(env::var_os)
        .map(|value| value.to_string_lossy().into_owned())
        .filter(|text| !text.is_empty());
    let (name, secret) = (attribute.name, attribute.sensitive);
    let origin = |source, text, hides| Some(Origin { name, source, text, secret, hides });
    match (block.get(name), from_environment) {
        (Some(value), variable) => {
            let text = match value {
                Value::String(text) => text.clone(),
                Value::Number(number) => number.to_string(),
                _ => "(not shown)".to_owned(),
            };
            origin(Source::Flag, text, variable.is_some())
        }
        (None, Some(text)) => origin(Source::Variable, text, false),
        (None, None) => None,
    }
}

impl Origin {
    /// Returns the finding about the setting.
    pub(super) fn finding(&self) -> Finding {
        let variable = variable(self.name).unwrap_or_default();
        let from = match self.source {
            Source::Flag if self.hides => {
                format!("from the flag, which takes precedence over {variable}")
            }
            Source::Flag => "from the flag".to_owned(),
            Source::Variable => format!("from {variable}"),
        };
        let value = match self.text.strip_prefix("file:") {
            Some(path) if self.secret => format!("(secret in the file \"{path}\")"),
            _ if self.secret => "(secret)".to_owned(),
            _ => format!("\"{}\"", self.text),
        };
        let text = format!("{} = {value}, {from}", self.name);
        let quoted =
            |mark| self.text.len() > 1 && self.text.starts_with(mark) && self.text.ends_with(mark);
        if quoted('"') || quoted('\'') {
            return Finding::remark(Part::Settings, self.name, "quoted", text).advise(
                "The value starts and ends with quotes. Remove them: they count as part of it.",
            );
        }
        Finding::ok(Part::Settings, self.name, text)
    }

    /// Returns the value, which the report must not contain, and whether it is a secret.
    pub(super) fn value(&self) -> (&str, bool) {
        (&self.text, self.secret)
    }
}

/// Returns the provider block of a configuration that sets only these arguments.
pub(super) fn provider_block(block: &BTreeMap<&'static str, Value>) -> Value {
    let attributes = provider::schema().attributes;
    let value = |name: &str| block.get(name).cloned().unwrap_or(Value::Null);
    Value::Object(attributes.iter().map(|it| (it.name.to_owned(), value(it.name))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_named_in_descriptions_are_known() {
        for attribute in provider::schema().attributes {
            let mut named =
                attribute.description.split(|c: char| !c.is_ascii_uppercase() && c != '_');
            let named = named.rfind(|word| word.starts_with("ANACONDA_"));
            assert_eq!(variable(attribute.name), named, "{}", attribute.name);
        }
    }

    #[test]
    fn settings_line_shows_no_secret() {
        let origin = |text: &str, secret| Origin {
            name: "client_secret",
            source: Source::Variable,
            text: text.to_owned(),
            secret,
            hides: false,
        };
        let line = origin("hunter2", true).finding().text;
        assert_eq!(line, "client_secret = (secret), from ANACONDA_CLIENT_SECRET");
        let line = origin("file:/run/secret", true).finding().text;
        assert!(line.contains("\"/run/secret\""), "{line}");
        let quoted = origin("\"hunter2\"", true).finding();
        assert!(!quoted.text.contains("hunter2") && quoted.advice.contains("quotes"));
    }
}
