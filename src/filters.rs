//! Filters that data sources and list resources share.

use regex_lite::Regex;

use crate::client;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics};
use crate::tf_provider::value::Value;

/// Filter for members. A `None` matches every member.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemberFilter<'a> {
    /// `member`, `admin`, or `billing_manager`.
    pub(crate) role: Option<&'a str>,
    /// Whether the member has a seat.
    pub(crate) has_seat: Option<bool>,
    /// Whether the member is a managed user.
    pub(crate) managed: Option<bool>,
    /// Domain of the email address after the `@`, ignoring case.
    pub(crate) email_domain: Option<&'a str>,
}

impl MemberFilter<'_> {
    pub(crate) fn admits(&self, user: &client::User) -> bool {
        let in_domain = |domain: &str| {
            let ending = format!("@{}", domain.trim_start_matches('@').to_lowercase());
            user.email.as_ref().is_some_and(|email| email.to_lowercase().ends_with(&ending))
        };
        self.role.is_none_or(|role| role == user.role.as_str())
            && self.has_seat.is_none_or(|wanted| wanted == user.has_seat())
            && self.managed.is_none_or(|wanted| wanted == user.looks_managed())
            && self.email_domain.is_none_or(in_domain)
    }
}

/// Rejects a value that is not a role.
pub(crate) fn is_role(value: &Value) -> Result<(), String> {
    match value.as_str() {
        Some("member" | "admin" | "billing_manager") => Ok(()),
        _ => Err("The value must be `member`, `admin`, or `billing_manager`.".to_owned()),
    }
}

/// Compiles the pattern of a `name_regex`, if there is one.
///
/// # Errors
/// Returns an error if the pattern is not a valid regular expression. Schema validation reports
/// this earlier, unless the value was unknown.
pub(crate) fn regex(pattern: Option<&str>) -> Result<Option<Regex>, Diagnostics> {
    pattern.map(Regex::new).transpose().map_err(|e| {
        let what = format!("`name_regex` is not a valid regular expression: {e}.");
        Diagnostic::error("Invalid filter", what).at("name_regex").into()
    })
}

/// Rejects a value that is not a regular expression.
pub(crate) fn is_regex(value: &Value) -> Result<(), String> {
    match Regex::new(value.as_str().unwrap_or_default()) {
        Ok(_) => Ok(()),
        Err(e) => Err(format!("The value is not a valid regular expression: {e}.")),
    }
}
