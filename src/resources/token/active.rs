//! The active tokens of a user, and the check that a change affects only the managed token.

use std::sync::Arc;

use jiff::Timestamp;

use super::Token;
use super::expiry::{self, Moment};
use crate::client::{self, Error, Org, UserId};
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// Reports whether the expiration date of a token has passed.
///
/// A date that cannot be parsed counts as not passed.
#[must_use]
pub fn is_expired(token: &client::Token, now: Timestamp) -> bool {
    let end = token.expires_at.as_deref().and_then(expiry::parse_shown);
    end.is_some_and(|end| end <= Moment::of(now))
}

/// Reports whether a token is active at `now`.
pub(super) fn is_active(token: &client::Token, now: Timestamp) -> bool {
    !token.revoked && !is_expired(token, now)
}

/// Polls the tokens of a user until the list `shows` an earlier write, because the list can be
/// stale.
///
/// Returns the last list if the write does not appear in time. Returns `None` if this deployment
/// cannot list tokens.
///
/// # Errors
/// Returns an error if the tokens could not be listed.
pub(super) async fn wait_until_listed(
    org: &Org,
    user: &UserId,
    shows: impl Fn(&[client::Token]) -> bool,
) -> std::result::Result<Option<Arc<Vec<client::Token>>>, Error> {
    let mut poll = org.list_poll();
    // The cache might serve the first list. It counts as one attempt.
    poll.next().await;
    loop {
        let listed = org.tokens(user).await?;
        if listed.as_ref().is_none_or(|tokens| shows(tokens)) || !poll.next().await {
            return Ok(listed);
        }
        org.refresh_tokens(user);
    }
}

/// Checks that the PATCH request, which names only the user, would change the managed token.
///
/// # Errors
/// Returns an error if the managed token is not active, or if another token is active too.
pub(super) fn ensure_only_active(
    token: &Token,
    all: &[client::Token],
    now: Timestamp,
) -> Result<()> {
    let id = token.token_id();
    let active: Vec<_> = all.iter().filter(|token| is_active(token, now)).collect();
    match (active.as_slice(), id) {
        ([_], None) => Ok(()),
        ([one], Some(id)) if one.id == id => Ok(()),
        (active, _) => {
            let now = match active.len() {
                0 => "none".to_owned(),
                _ => active.iter().map(|token| token.id.as_str()).collect::<Vec<_>>().join(", "),
            };
            Err(Diagnostic::error(
                "Cannot update token",
                format!(
                    "The API does not select a token by ID, so {} must be the only active token of the user. \
                     Active tokens: {now}. The provider made no changes. Replace the token (`terraform \
                     apply -replace=<ADDRESS>`), or revoke the others first.",
                    token.label()
                ),
            )
            .into())
        }
    }
}
