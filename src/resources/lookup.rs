//! Lookups in the organization for refreshes and imports.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;

use super::email::looks_like_email;
use crate::client::{self, Error, Org, UserId, Users};
use crate::provider_data::ProviderData;
use crate::tf_provider::context::Context;
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// The result of a lookup for a refresh: what the API shows, or that the state is kept as it is.
pub(super) enum Refreshed<T> {
    Current(T),
    Skipped,
}

/// Returns the members for a refresh. If they cannot be listed, warns once per run.
pub(super) async fn members(cx: &mut Context<ProviderData>) -> Result<Refreshed<Arc<Users>>> {
    let anaconda = cx.client()?;
    match anaconda.org.users().await {
        Ok(Some(users)) => Ok(Refreshed::Current(users)),
        Ok(None) => {
            anaconda.warn_once(
                cx,
                "Drift detection not available",
                "This Anaconda deployment uses the legacy API, which cannot list users or tokens. The \
                 provider keeps users, seats, and tokens as they are in the state, and does not detect \
                 changes outside of Terraform. See the organization's page for these changes.",
            );
            Ok(Refreshed::Skipped)
        }
        Err(error) => skip_if_credentials_unknown(cx, &anaconda, error),
    }
}

/// Keeps the prior state while the provider's credentials are unknown, so that a run can rotate its
/// own service account.
///
/// # Errors
/// Returns `error` if it has any other cause.
pub(super) fn skip_if_credentials_unknown<T>(
    cx: &mut Context<ProviderData>,
    anaconda: &ProviderData,
    error: Error,
) -> Result<Refreshed<T>> {
    match error {
        Error::Unavailable(why) if why.unknown => {
            anaconda.warn_once(
                cx,
                "Refresh skipped",
                &format!(
                    "{} Until then, the provider keeps the objects as they are in the state.",
                    why.detail
                ),
            );
            Ok(Refreshed::Skipped)
        }
        error => Err(error.into()),
    }
}

/// Finds the member that an import ID names, by UUID or email address.
///
/// # Errors
/// Returns an error if the text is neither, if no such member exists, or if this deployment has no
/// list of users.
pub(super) async fn member_to_import(
    cx: &mut Context<ProviderData>,
    text: &str,
    forms: &str,
) -> Result<client::User> {
    let id = UserId::parse(text).ok();
    if id.is_none() && !looks_like_email(text) {
        return Err(invalid_import_id(text, forms).into());
    }
    let Some(users) = cx.client()?.org.users().await? else {
        return Err(Diagnostic::error(
            "Import not supported",
            "This Anaconda deployment uses the legacy API, which cannot list the users of an \
             organization, so the provider cannot find the object to import. Manage only new objects.",
        )
        .into());
    };
    let find = |users: &Users| match &id {
        Some(id) => users.by_id(id).cloned(),
        None => users.by_email(text).cloned(),
    };
    let org = cx.client()?.org;
    found_member(&org, &users, find).await?.ok_or_else(|| {
        Diagnostic::error(
            "User not found",
            format!(
                "None of the {} users of the {} is \"{text}\". Check the spelling, and \
                 `organization_id` in the provider block.",
                users.len(),
                org.organization_label()
            ),
        )
        .into()
    })
}

/// Finds a member in the list, or in a second list, because the member might have been added since
/// the first one.
///
/// # Errors
/// Returns an error if the second list request failed.
pub(crate) async fn found_member(
    org: &Org,
    users: &Users,
    find: impl Fn(&Users) -> Option<client::User>,
) -> std::result::Result<Option<client::User>, Error> {
    if let Some(found) = find(users) {
        return Ok(Some(found));
    }
    if org.users_lack_now(|users| find(users).is_none()).await? {
        return Ok(None);
    }
    Ok(org.users().await?.and_then(|users| find(&users)))
}

/// Returns the error for an import ID in none of the formats in `forms`.
pub(super) fn invalid_import_id(text: &str, forms: &str) -> Diagnostic {
    Diagnostic::error("Invalid import ID", format!("{forms}, got: \"{text}\"."))
}

/// Returns the warning of a refresh about an object that was deleted outside of Terraform.
fn deleted_outside_terraform(what: &str) -> Diagnostic {
    Diagnostic::warning(
        "Object deleted outside of Terraform",
        format!(
            "{what} was deleted outside of Terraform. Terraform removes it from the state, and plans to \
             create it. If you do not want that, remove its block from the configuration."
        ),
    )
}

/// Reports whether the object was written so recently, in this run or an earlier one, that the list
/// response might be stale.
///
/// The absence of the object then proves nothing.
pub(super) fn is_recently_written(cx: &Context<ProviderData>) -> Result<bool> {
    let now = cx.client()?.clock.now();
    let written = cx.last_written().and_then(|at| Timestamp::try_from(at).ok());
    // The clock of another machine that wrote the object might be slightly ahead of this one.
    Ok(written
        .is_some_and(|at| now.duration_since(at).unsigned_abs() <= client::CONSISTENCY_WINDOW))
}

/// Decides whether a refresh keeps the state of an object that the list response lacks.
///
/// Returns `true` if the object was written recently, or if `is_gone` finds that it exists. Returns
/// `false` if `is_gone` confirms the deletion. Warns in both cases, unless `is_gone` finds the
/// object.
pub(super) async fn keep_if_recently_written(
    cx: &mut Context<ProviderData>,
    what: &str,
    is_gone: impl Future<Output = std::result::Result<bool, Error>>,
) -> Result<bool> {
    if is_recently_written(cx)? {
        cx.warn(not_listed_yet(what));
        return Ok(true);
    }
    if is_gone.await? {
        cx.warn(deleted_outside_terraform(what));
        return Ok(false);
    }
    tracing::info!(what, "a second list shows what the first one lacked");
    cx.confirm_scope();
    Ok(true)
}

/// Returns the warning about an object that is missing from the list so soon after a write that its
/// absence proves nothing.
pub(super) fn not_listed_yet(what: &str) -> Diagnostic {
    Diagnostic::warning(
        "Recent change not listed yet",
        format!(
            "{what} was created or changed within the last minute, and the list response of the API does \
             not show it yet. The provider keeps it as it is in the state. To verify it, run `terraform \
             plan` again in 1 minute."
        ),
    )
}

/// Returns an `import` block to paste.
pub(super) fn import_block(resource: &str, id: &str) -> String {
    format!("import {{\n  to = {resource}.<NAME>\n  id = {}\n}}", quoted(id))
}

/// Returns text as an HCL string literal.
fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    let mut letters = text.chars().peekable();
    while let Some(c) = letters.next() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '$' | '%' if letters.peek() == Some(&'{') => quoted.extend([c, c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04x}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn import_block_id_is_quoted_literally() {
        for (id, written) in [
            ("ada@example.com", "\"ada@example.com\""),
            ("${var.x}@example.com", "\"$${var.x}@example.com\""),
            ("%{if true}", "\"%%{if true}\""),
            ("$a %b $", "\"$a %b $\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("a\nb\u{7}", "\"a\\nb\\u0007\""),
            ("Zoë 🦀", "\"Zoë 🦀\""),
        ] {
            let block = import_block("anaconda_user", id);
            assert!(block.contains(&format!("id = {written}\n")), "{block}");
        }
    }
}
