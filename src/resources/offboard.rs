//! Offboarding: what it takes for a person to be really gone.

use std::fmt::Write as _;

use crate::anaconda::Anaconda;
use crate::client::{Error, Org, TokenId, UserId};
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// Revokes the user's live tokens, frees the seat and removes the user, in this order. What is not
/// there any more counts as done.
///
/// Stops at the first step that fails: removing a user whose token could not be revoked would leave
/// a credential alive that nobody can find again.
///
/// # Errors
/// Names the step that failed, and what was done and not done.
pub(crate) async fn offboard(anaconda: &Anaconda, user: &UserId, called: &str) -> Result<()> {
    let org = &anaconda.org;
    let _alone = org.lock_user(user).await;
    let mut done = Vec::new();
    // A run that removes a user with seat and token has ended the token before, by its id, and has
    // freed the seat. Terraform orders it so, as both refer to the user, and then neither needs
    // another look: for a thousand people that is two thousand requests less.
    if !org.has_ended_live_token(user) {
        step("revoking the tokens", revoke_tokens(org, user).await, &mut done, called)?;
    }
    if !org.has_removed_seat(user) {
        step("freeing the seat", gone_is_done(org.remove_seat(user).await), &mut done, called)?;
    }
    step("removing the user", remove_for_sure(org, user).await, &mut done, called)
}

/// Removes the user alone, and leaves seat and tokens to whatever Anaconda does with them.
///
/// # Errors
/// The user is still there.
pub(super) async fn remove_only(anaconda: &Anaconda, user: &UserId, called: &str) -> Result<()> {
    let removed = remove_for_sure(&anaconda.org, user).await;
    step("removing the user", removed, &mut Vec::new(), called)
}

/// Revokes every token of the user that is not revoked yet.
///
/// # Errors
/// One of them could not be revoked, or the API could not list them.
pub(crate) async fn revoke_tokens(org: &Org, user: &UserId) -> std::result::Result<(), Error> {
    let tokens = match org.tokens(user).await {
        Ok(Some(tokens)) => tokens,
        // Without a listing there is only the call that revokes whichever token is live.
        Ok(None) => return gone_is_done(org.revoke_user_token(user).await),
        Err(error) => return gone_is_done(Err(error)),
    };
    // One that has expired may still be in its months of grace, so only revoked ones are left out.
    for token in tokens.iter().filter(|token| !token.revoked) {
        revoke_for_sure(org, user, &token.id).await?;
    }
    Ok(())
}

/// Removes a user. One who is not found is removed if the listing agrees: the API says "not found"
/// of other things, too, such as the organization.
///
/// # Errors
/// The user is still there, or nobody can tell.
async fn remove_for_sure(org: &Org, user: &UserId) -> std::result::Result<(), Error> {
    let not_found = match org.remove_user(user).await {
        Err(error) if error.is_not_found() => error,
        removed => return removed,
    };
    let look = || async move {
        org.refresh_users();
        Ok(org.users().await?.is_none_or(|users| users.by_id(user).is_none()))
    };
    let gone = org.look_until(look, |gone| *gone).await?;
    if gone { Ok(()) } else { Err(not_found) }
}

/// Revokes one token. `false`: it was gone or revoked already. A conflict and "not found" may mean
/// that, too, or something else: a fresh listing decides.
///
/// # Errors
/// It is still alive, or nobody can tell.
pub(super) async fn revoke_for_sure(
    org: &Org,
    user: &UserId,
    id: &TokenId,
) -> std::result::Result<bool, Error> {
    let doubtful = match org.revoke_token(user, id).await {
        Ok(()) => return Ok(true),
        Err(error) if error.is_conflict() || error.is_not_found() => error,
        Err(error) => return Err(error),
    };
    let look = || async move {
        org.refresh_tokens(user);
        let tokens = match org.tokens(user).await {
            Err(error) if error.is_not_found() => return Ok(true), // So is the user.
            tokens => tokens?.unwrap_or_default(),
        };
        Ok(tokens.iter().find(|token| token.id == *id).is_none_or(|token| token.revoked))
    };
    let over = org.look_until(look, |over| *over).await?;
    if over { Ok(false) } else { Err(doubtful) }
}

fn gone_is_done(outcome: std::result::Result<(), Error>) -> std::result::Result<(), Error> {
    match outcome {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

fn step(
    what: &'static str,
    outcome: std::result::Result<(), Error>,
    done: &mut Vec<&'static str>,
    called: &str,
) -> Result<()> {
    let Err(error) = outcome else {
        done.push(what);
        return Ok(());
    };
    let mut detail =
        format!("{called} may still be in the organization: {what} failed: {error}.\n\n");
    if !done.is_empty() {
        let _ = write!(detail, "Done before that: {}. ", done.join(", "));
    }
    if error.is_conflict() {
        detail.push_str("Anaconda refuses while something still depends on the user, such as the organization's last admin. ");
    }
    detail.push_str("Nothing after that was tried. Run the same command again to go on.");
    Err(Diagnostic::error("Offboarding is not complete", detail).into())
}
