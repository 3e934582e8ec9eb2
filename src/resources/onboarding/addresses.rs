//! Checks and comparisons of sets of email addresses.

use std::collections::BTreeSet;

use crate::resources::email::check_address;
use crate::tf_provider::prelude::*;

/// Returns the known email addresses of a set, in lowercase.
pub(super) fn lower(value: &Value) -> BTreeSet<String> {
    strings(value).map(str::to_lowercase).collect()
}

/// Returns the known email addresses of a set, as they are spelled.
pub(super) fn strings(value: &Value) -> impl Iterator<Item = &str> {
    let items = match value {
        Value::List(items) => items.as_slice(),
        _ => &[],
    };
    items.iter().filter_map(Value::as_str)
}

/// Reports whether two sets contain the same email addresses.
pub(super) fn same_emails(a: &Value, b: &Value) -> bool {
    a.is_wholly_known() && b.is_wholly_known() && lower(a) == lower(b)
}

/// Checks the known elements of the set `name` in a configuration.
///
/// Other elements might still be unknown.
pub(crate) fn check_emails(config: &Value, name: &str) -> Diagnostics {
    let value = config.get(name);
    let mut found = Diagnostics::default();
    let mut spelled = std::collections::BTreeMap::<String, &str>::new();
    for email in strings(value) {
        if let Err(why) = check_address(email) {
            found.push(
                Diagnostic::error(
                    "Invalid email address",
                    format!(
                        "The element {email:?} of `{name}` is not a valid email address: {why}"
                    ),
                )
                .at(name),
            );
        }
        if let Some(other) = spelled.insert(email.to_lowercase(), email) {
            found.push(
                Diagnostic::error(
                    "Duplicate email address",
                    format!(
                        "The elements \"{other}\" and \"{email}\" of `{name}` differ only in case, \
                         so they are the same address. Keep one of them. For a list that might have \
                         both, write `[for it in <LIST> : lower(it)]`."
                    ),
                )
                .at(name),
            );
        }
    }
    found
}
