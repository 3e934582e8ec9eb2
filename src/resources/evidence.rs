//! Verification that an object is gone.
//!
//! **One negative response proves nothing.** An object of the state is gone only if the API says so
//! consistently: two list responses, a moment apart, lack it. A "not found" about something that
//! belongs to a user must agree with the list of users. In every other case the provider retries
//! for a while, then returns an error and keeps the state.

use std::sync::Arc;

use crate::client::{self, Error, ListPoll, Object, Org, UserId, Users};
use crate::provider_data::cause;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics};

/// The result of a request for the tokens of a user.
pub(crate) enum UserTokens {
    /// The tokens that exist.
    Listed(Arc<Vec<client::Token>>),
    /// The user does not exist, which the list of users confirms.
    NoUser,
    /// This deployment cannot list tokens.
    Unlisted,
    /// Every attempt returned "not found", but the list of users contains the user:
    /// [`contradictory_responses`].
    Contradicted(Error),
}

/// Returns the tokens of a user.
///
/// Retries if the response is "not found" but the list contains the user.
///
/// # Errors
/// Returns an error if the API could not list the tokens or the users.
pub(crate) async fn user_tokens(org: &Org, user: &UserId) -> Result<UserTokens, Error> {
    let mut poll = org.list_poll();
    let mut more = poll.next().await;
    loop {
        let not_found = match org.tokens(user).await {
            Ok(Some(tokens)) => return Ok(UserTokens::Listed(tokens)),
            Ok(None) => return Ok(UserTokens::Unlisted),
            Err(error) if error.is_not_found() => error,
            Err(error) => return Err(error),
        };
        if is_no_user(org, user).await? {
            return Ok(UserTokens::NoUser);
        }
        more = more && poll.next().await;
        if !more {
            return Ok(UserTokens::Contradicted(not_found));
        }
    }
}

/// Returns a list of users for the refresh of several users at once.
///
/// A user whom the returned list lacks is gone: a second list response lacks the user too.
///
/// # Errors
/// Returns an error if the second list request failed.
pub(crate) async fn confirmed_users<'a, I: Iterator<Item = &'a UserId>>(
    org: &Org,
    mut users: Arc<Users>,
    ids: impl Fn() -> I,
) -> Result<Arc<Users>, Error> {
    loop {
        let mut all_gone = true;
        for id in ids().filter(|id| users.by_id(id).is_none()) {
            all_gone &= org.users_lack(|users| users.by_id(id).is_none()).await?;
        }
        if all_gone {
            return Ok(users);
        }
        let Some(newer) = org.users().await? else { return Ok(users) };
        users = newer;
    }
}

/// Reports whether "not found" about a user is true.
///
/// It is true if the list of users agrees, or if this deployment has no such list. It is never true
/// about a user whom this run added.
///
/// # Errors
/// Returns an error if the users could not be listed.
pub(crate) async fn is_no_user(org: &Org, user: &UserId) -> Result<bool, Error> {
    if org.is_claimed(&Object::User(user.clone())) {
        // A user who was just added might not be known to every API server yet.
        return Ok(false);
    }
    match org.users().await? {
        None => Ok(true),
        Some(_) => org.users_lack(|users| users.by_id(user).is_none()).await,
    }
}

/// Waits after "not found" about a user who exists, and reports whether to retry.
///
/// The API might be eventually consistent: one endpoint might not know a user whom another lists.
pub(crate) async fn retry_not_found(
    org: &Org,
    user: &UserId,
    error: &Error,
    attempts: &mut ListPoll<'_>,
) -> bool {
    error.is_not_found() && !is_no_user(org, user).await.unwrap_or(true) && attempts.next().await
}

/// Removes an object, and verifies the result with a fresh list where the response is in doubt.
///
/// Returns `true` if this call removed the object. Returns `false` if it was gone before, which
/// `is_gone` confirms with a fresh list. If the caller `doubts` a negative response and no list
/// confirms it, the removal is sent again.
///
/// # Errors
/// Returns an error if the object still exists, or if the provider cannot verify that it is gone.
pub(crate) async fn remove_verified<R, G>(
    org: &Org,
    remove: impl Fn() -> R,
    doubts: impl Fn(&Error) -> bool,
    is_gone: impl Fn() -> G,
) -> Result<bool, Error>
where
    R: Future<Output = Result<(), Error>>,
    G: Future<Output = Result<bool, Error>>,
{
    let mut poll = org.list_poll();
    loop {
        let denied = match remove().await {
            Ok(()) => return Ok(true),
            Err(error) if doubts(&error) => error,
            Err(error) => return Err(error),
        };
        if !poll.next().await {
            return Err(denied);
        }
        if is_gone().await? {
            return Ok(false);
        }
    }
}

/// Returns the error for "not found" about a user whom the list of users contains.
pub(crate) fn contradictory_responses(user: &UserId, error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Contradictory API responses",
        format!(
            "The list of users contains user {user}, but another API response says that the user does not \
             exist. The provider made no changes and kept the state. Run the command again.\n\n{}",
            cause(error)
        ),
    )
}

/// Returns the error for "not found" about a user in a create, after the last retry.
pub(crate) async fn not_found(
    org: &Org,
    user: &UserId,
    error: Error,
    no_such_user: impl Fn(&UserId) -> Diagnostic,
) -> Diagnostics {
    match is_no_user(org, user).await {
        Ok(true) => no_such_user(user).into(),
        Ok(false) => contradictory_responses(user, &error).at("user_id").into(),
        Err(error) => error.into(),
    }
}
