//! What it takes to believe that something is gone.
//!
//! **One denial is no proof.** An object of the state is gone when the API says so in a way that
//! agrees with what else is known: a list lacks it twice, a moment apart, and a "not found" about
//! what belongs to a user agrees with the list of users. Anything else is asked again for a while,
//! and is an error in the end. The state stays then.

use std::sync::Arc;

use crate::client::{self, Error, ListPoll, Object, Org, UserId, Users};
use crate::provider_data::cause;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics};

/// What is known of a user's tokens.
pub(crate) enum UserTokens {
    /// These exist.
    Listed(Arc<Vec<client::Token>>),
    /// The list of users agrees that the user is not there.
    NoUser,
    /// This deployment cannot list tokens.
    Unlisted,
    /// The user was not found, again and again, and the list of users shows the user: [`contradictory_responses`].
    Contradicted(Error),
}

/// The tokens of a user. One who is "not found" and listed all the same is asked for again.
///
/// # Errors
/// The API could not tell.
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

/// A list of users for a refresh of several at once: whoever it lacks is gone, as a second list lacks
/// them too.
///
/// # Errors
/// The second list did not come.
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

/// Whether "not found" about a user is true: the list of users agrees, or nobody can look. It never
/// is about one whom this run added.
///
/// # Errors
/// The users could not be listed.
pub(crate) async fn is_no_user(org: &Org, user: &UserId) -> Result<bool, Error> {
    if org.is_claimed(&Object::User(user.clone())) {
        // Who was just added may not be known everywhere yet.
        return Ok(false);
    }
    match org.users().await? {
        None => Ok(true),
        Some(_) => org.users_lack(|users| users.by_id(user).is_none()).await,
    }
}

/// Waits after "not found" about a user who is there: the API may not know everywhere yet whom it
/// lists. Answers whether to ask again.
pub(crate) async fn retry_not_found(
    org: &Org,
    user: &UserId,
    error: &Error,
    asks: &mut ListPoll<'_>,
) -> bool {
    error.is_not_found() && !is_no_user(org, user).await.unwrap_or(true) && asks.next().await
}

/// Removes something for sure. `true`: it was removed now. `false`: it was gone already, as
/// `is_gone` says of a fresh list. A denial that the caller `doubts` and that no list confirms is a
/// removal to send again.
///
/// # Errors
/// It is still there, or nobody can tell.
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

/// The error for "not found" about a user whom the list of users shows.
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

/// What to say of "not found" about a user in a create that was asked for often enough.
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
