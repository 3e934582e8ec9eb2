//! Looking things up in the organization, and what to do where that is not possible.

use std::fmt::Write as _;
use std::sync::Arc;

use jiff::Timestamp;

use super::email::looks_like_email;
use crate::anaconda::Anaconda;
use crate::client::{self, Error, Org, UserId, Users};
use crate::tf_provider::cx::Cx;
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// The answer to a refresh: what the API shows, or that it shows nothing and the state stands.
pub(super) enum Seen<T> {
    Now(T),
    CannotTell,
}

/// The members, for a refresh. Where they cannot be listed, the user is told so once a run.
pub(super) async fn members(cx: &mut Cx<Anaconda>) -> Result<Seen<Arc<Users>>> {
    let anaconda = cx.client()?;
    match anaconda.org.users().await {
        Ok(Some(users)) => Ok(Seen::Now(users)),
        Ok(None) => {
            anaconda.warn_once(
                cx,
                "Changes made elsewhere cannot be seen",
                "This deployment of Anaconda cannot list the users of an organization or their \
                 tokens. Users, seats and tokens are shown as Terraform left them; what was changed \
                 elsewhere since then is not noticed. Look at the organization's page for that.",
            );
            Ok(Seen::CannotTell)
        }
        Err(error) => cannot_tell_yet(cx, &anaconda, error),
    }
}

/// Lets the state stand while the credentials are made in the same run: rotating the provider's
/// own service account would be impossible otherwise. Any other failure is one.
pub(super) fn cannot_tell_yet<T>(
    cx: &mut Cx<Anaconda>,
    anaconda: &Anaconda,
    error: Error,
) -> Result<Seen<T>> {
    match error {
        Error::Unavailable(why) if why.unknown => {
            anaconda.warn_once(
                cx,
                "Objects were not refreshed",
                &format!("{} Until then they are shown as Terraform left them.", why.detail),
            );
            Ok(Seen::CannotTell)
        }
        error => Err(error.into()),
    }
}

/// Finds the member that an import names, by UUID or e-mail address.
///
/// # Errors
/// The text is neither, there is no such member, or this deployment has no listing to look in.
pub(super) async fn member_to_import(
    cx: &mut Cx<Anaconda>,
    text: &str,
    forms: &str,
) -> Result<client::User> {
    let id = UserId::parse(text).ok();
    if id.is_none() && !looks_like_email(text) {
        return Err(wrong_form(text, forms).into());
    }
    let Some(users) = cx.client()?.org.users().await? else {
        return Err(Diagnostic::error(
            "Nothing can be imported from this deployment",
            "This deployment of Anaconda cannot list the users of an organization, so there is nowhere \
             to look the user up. Manage new objects only.",
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
            "No such user",
            format!(
                "None of the {} users of the {} is \"{text}\". Check the spelling, and that \
                 `organization_id` of the provider block is right.",
                users.len(),
                org.organization_label()
            ),
        )
        .into()
    })
}

/// Finds a member in the list, or in a second one: it may have been added since the first.
///
/// # Errors
/// The second list did not come.
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

/// An import id that has none of the forms which `forms` lists.
pub(super) fn wrong_form(text: &str, forms: &str) -> Diagnostic {
    Diagnostic::error(
        "Wrong form of import id",
        format!("\"{text}\" has none of the known forms. {forms}"),
    )
}

/// An object that is gone; the warning that a refresh owes the user.
fn gone(what: &str) -> Diagnostic {
    Diagnostic::warning(
        "Object is gone",
        format!(
            "{what} is not in the organization any more: it was removed outside of Terraform. It is \
             dropped from the state, and the plan makes it anew unless its block is taken out."
        ),
    )
}

/// Whether the object was written so lately, in this run or in one before, that a listing may not
/// show it yet. What a listing lacks then is no proof of anything.
pub(super) fn may_lag(cx: &Cx<Anaconda>) -> Result<bool> {
    let now = cx.client()?.clock.now();
    let written = cx.written().and_then(|at| Timestamp::try_from(at).ok());
    // Another machine may have written it, with a clock a little ahead of ours.
    Ok(written
        .is_some_and(|at| now.duration_since(at).unsigned_abs() <= client::CONSISTENCY_WINDOW))
}

/// What is known of an object that the listing lacks: not there yet, or gone, if a second look finds
/// that too. Answers whether its state stands. The user is told, unless the second look shows it.
pub(super) async fn stands_unlisted(
    cx: &mut Cx<Anaconda>,
    what: &str,
    is_gone: impl Future<Output = std::result::Result<bool, Error>>,
) -> Result<bool> {
    if may_lag(cx)? {
        cx.warn(not_listed_yet(what));
        return Ok(true);
    }
    if is_gone.await? {
        cx.warn(gone(what));
        return Ok(false);
    }
    tracing::info!(what, "a second list shows what the first one lacked");
    cx.note_seen();
    Ok(true)
}

/// An object that the listing lacks so soon after it was written that this proves nothing.
pub(super) fn not_listed_yet(what: &str) -> Diagnostic {
    Diagnostic::warning(
        "Object is not listed yet",
        format!(
            "{what} was made or changed within the last minute, and Anaconda's list does not show it \
             yet. It is shown as Terraform left it. Plan again in a minute to be sure that it is \
             there."
        ),
    )
}

/// The block that takes an object under management, ready to be pasted.
pub(super) fn import_block(resource: &str, id: &str) -> String {
    format!("import {{\n  to = {resource}.<NAME>\n  id = {}\n}}", quoted(id))
}

/// Text as HCL writes it: whatever is in it means itself.
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
    fn the_id_of_an_import_block_means_itself() {
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
