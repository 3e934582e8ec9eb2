//! Looking things up in the organization, and what to do where that is not possible.

use std::sync::Arc;

use jiff::Timestamp;

use super::checks::looks_like_email;
use crate::anaconda::Anaconda;
use crate::client::{self, Error, UserId, Users};
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
    let found = match id {
        Some(id) => users.by_id(&id),
        None => users.by_email(text),
    };
    found.cloned().ok_or_else(|| {
        Diagnostic::error(
            "No such user",
            format!(
                "None of the {} users of the organization is \"{text}\". Check the spelling, and \
                 that `organization_id` of the provider block is right.",
                users.len()
            ),
        )
        .into()
    })
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

/// What is known of an object that the listing lacks: gone, or not there yet. Answers whether its
/// state stands; the user is told either way.
pub(super) fn stands_unlisted(cx: &mut Cx<Anaconda>, what: &str) -> Result<bool> {
    let stands = may_lag(cx)?;
    cx.warn(if stands { not_listed_yet(what) } else { gone(what) });
    Ok(stands)
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
    format!("import {{\n  to = {resource}.NAME\n  id = \"{id}\"\n}}")
}
