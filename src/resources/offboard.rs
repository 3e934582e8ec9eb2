//! Offboarding: revokes the tokens, unassigns the seat, and removes the user.

use std::fmt::Write as _;

use super::evidence::{self, UserTokens, user_tokens};
use crate::client::{Error, Org, TokenId, UserId, Users};
use crate::provider_data::{ProviderData, cause};
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// Revokes the user's active tokens, unassigns the seat, and removes the user, in this order.
///
/// A step whose object is gone counts as completed.
///
/// Reports a known obstacle before the first step. Stops at the first step that fails: if a token
/// cannot be revoked, removing its user would leave an active credential that cannot be found
/// again.
///
/// Returns `false` if the user did not exist, so that no user was removed.
///
/// # Errors
/// Returns an error that names the failed step, the completed steps, and the remaining steps.
pub(crate) async fn offboard(anaconda: &ProviderData, user: &UserId, called: &str) -> Result<bool> {
    let org = &anaconda.org;
    let _guard = org.lock_user(user).await;
    // The plan has checked this with a list. A further list request only for this check is not
    // worth its cost.
    if let Some(users) = org.users_so_far() {
        check_removable(org, &users, user, called)?;
    }
    let mut done = Vec::new();
    // A run that removes a user with a seat and a token has revoked the token by ID and unassigned
    // the seat before. Terraform orders it so, because both refer to the user. Skipping these steps
    // saves 2000 requests for 1000 users.
    if !org.has_revoked_active_token(user) {
        step("revoke the tokens", revoke_tokens(org, user).await, &mut done, called)?;
    }
    if !org.has_removed_seat(user) {
        step(
            "unassign the seat",
            ignore_not_found(org.remove_seat(user).await),
            &mut done,
            called,
        )?;
    }
    step("remove the user", remove_user_verified(org, user).await, &mut done, called)
}

/// Checks before the first step that the user can be removed.
///
/// # Errors
/// Returns an error if the user is the last admin of the organization, or the admin as whom the
/// provider authenticates.
pub(crate) fn check_removable(org: &Org, users: &Users, user: &UserId, called: &str) -> Result<()> {
    let Some(leaving) = users.by_id(user).filter(|user| user.is_admin()) else { return Ok(()) };
    if !users.iter().any(|other| other.is_admin() && other.id != *user) {
        return Err(Diagnostic::error(
            "Cannot remove the last admin",
            format!(
                "{called} is the only admin of the organization, and Anaconda rejects the removal of the last \
                 admin. The provider made no changes. Make another member an admin on the organization's \
                 page first."
            ),
        )
        .into());
    }
    let own = |signed_in: &str| {
        leaving.email.as_ref().is_some_and(|email| email.to_lowercase() == signed_in.to_lowercase())
    };
    if org.signed_in_admin().is_some_and(own) {
        return Err(Diagnostic::error(
            "Admin in use by the provider",
            format!(
                "The provider authenticates as {called}, so it cannot complete the run without this \
                 user. The provider made no changes. Set `admin_username` to another admin first."
            ),
        )
        .into());
    }
    Ok(())
}

/// Removes only the user. Anaconda decides what becomes of the seat and the tokens.
///
/// # Errors
/// Returns an error if the user still exists, or if the provider cannot verify the removal.
pub(super) async fn remove_only(
    anaconda: &ProviderData,
    user: &UserId,
    called: &str,
) -> Result<bool> {
    let removed = remove_user_verified(&anaconda.org, user).await;
    step("remove the user", removed, &mut Vec::new(), called)
}

/// Revokes every token of the user that is not revoked yet.
///
/// # Errors
/// Returns an error if a token could not be revoked, or if the API could not list the tokens.
pub(crate) async fn revoke_tokens(org: &Org, user: &UserId) -> std::result::Result<(), Error> {
    let tokens = match user_tokens(org, user).await? {
        UserTokens::Listed(tokens) => tokens,
        // Without a list, the only possible request is the one that revokes the user's active
        // token.
        UserTokens::Unlisted => return ignore_not_found(org.revoke_user_token(user).await),
        UserTokens::NoUser => return Ok(()),
        UserTokens::Contradicted(error) => return Err(error),
    };
    // An expired token might still be in its grace period, so only revoked tokens are skipped.
    for token in tokens.iter().filter(|token| !token.revoked) {
        revoke_token_verified(org, user, &token.id).await?;
    }
    Ok(())
}

/// Removes a user. "Not found" counts as removed only if the list agrees: the API also returns it
/// for other reasons, such as a wrong organization.
///
/// # Errors
/// Returns an error if the user still exists, or if the provider cannot verify the removal.
async fn remove_user_verified(org: &Org, user: &UserId) -> std::result::Result<bool, Error> {
    let is_gone = || async move {
        org.refresh_users();
        Ok(org.users().await?.is_none_or(|users| users.by_id(user).is_none()))
    };
    evidence::remove_verified(org, || org.remove_user(user), Error::is_not_found, is_gone).await
}

/// Revokes one token. Returns `false` if it was gone or revoked before.
///
/// A conflict or "not found" can mean that, or something else. A fresh list decides.
///
/// # Errors
/// Returns an error if the token is not revoked, or if the provider cannot verify the revocation.
pub(super) async fn revoke_token_verified(
    org: &Org,
    user: &UserId,
    id: &TokenId,
) -> std::result::Result<bool, Error> {
    let is_over = || async move {
        org.refresh_tokens(user);
        Ok(match user_tokens(org, user).await? {
            UserTokens::Listed(tokens) => {
                tokens.iter().find(|token| token.id == *id).is_none_or(|token| token.revoked)
            }
            UserTokens::NoUser | UserTokens::Unlisted => true,
            UserTokens::Contradicted(error) => return Err(error),
        })
    };
    let doubts = |error: &Error| error.is_conflict() || error.is_not_found();
    evidence::remove_verified(org, || org.revoke_token(user, id), doubts, is_over).await
}

fn ignore_not_found(outcome: std::result::Result<(), Error>) -> std::result::Result<(), Error> {
    match outcome {
        Err(error) if error.is_not_found() => Ok(()),
        other => other,
    }
}

fn step<T>(
    what: &'static str,
    outcome: std::result::Result<T, Error>,
    done: &mut Vec<&'static str>,
    called: &str,
) -> Result<T> {
    let error = match outcome {
        Ok(outcome) => {
            done.push(what);
            return Ok(outcome);
        }
        Err(error) => error,
    };
    let mut detail =
        format!("User {called} might still be a member of the organization. Failed step: {what}. ");
    if !done.is_empty() {
        let _ = write!(detail, "Completed steps: {}. ", done.join(", "));
    }
    if error.is_conflict() {
        detail.push_str("The API rejects the removal while something depends on the user, for example if the user is the last admin. ");
    }
    detail.push_str(
        "The provider did not try the remaining steps. Run the command again to continue.",
    );
    let _ = write!(detail, "\n\n{}", cause(&error));
    Err(Diagnostic::error("Offboarding incomplete", detail).into())
}
