//! Which of a user's tokens are alive, and whether ours is the one that a change would meet.

use std::sync::Arc;

use jiff::Timestamp;

use super::Token;
use super::expiry::{self, Moment};
use crate::client::{self, Error, Org, UserId};
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// Whether the date of a token is over. One that cannot be read may not be.
#[must_use]
pub fn is_expired(token: &client::Token, now: Timestamp) -> bool {
    let end = token.expires_at.as_deref().and_then(expiry::parse_shown);
    end.is_some_and(|end| end <= Moment::of(now))
}

/// Whether a token works now.
pub(super) fn is_active(token: &client::Token, now: Timestamp) -> bool {
    !token.revoked && !is_expired(token, now)
}

/// A user's tokens once the listing `shows` what was written before: it may lag. If it does not in
/// time, what it has. `None`: this deployment cannot list tokens.
///
/// # Errors
/// The tokens could not be listed.
pub(super) async fn wait_until_listed(
    org: &Org,
    user: &UserId,
    shows: impl Fn(&[client::Token]) -> bool,
) -> std::result::Result<Option<Arc<Vec<client::Token>>>, Error> {
    let mut poll = org.list_poll();
    // The first look may be answered by what is known; it counts as one.
    poll.next().await;
    loop {
        let listed = org.tokens(user).await?;
        if listed.as_ref().is_none_or(|tokens| shows(tokens)) || !poll.next().await {
            return Ok(listed);
        }
        org.refresh_tokens(user);
    }
}

/// Makes sure that the call which changes "the token" of a user would change ours.
///
/// # Errors
/// Ours is not alive, or another one is too.
pub(super) fn ensure_only_active(
    token: &Token,
    all: &[client::Token],
    now: Timestamp,
) -> Result<()> {
    let id = token.token_id();
    let live: Vec<_> = all.iter().filter(|token| is_active(token, now)).collect();
    match (live.as_slice(), id) {
        ([_], None) => Ok(()),
        ([one], Some(id)) if one.id == id => Ok(()),
        (live, _) => {
            let now = match live.len() {
                0 => "none".to_owned(),
                _ => live.iter().map(|token| token.id.as_str()).collect::<Vec<_>>().join(", "),
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
