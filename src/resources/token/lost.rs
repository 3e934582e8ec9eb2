//! Issuing a token when the answer is lost: see [`crate::resources::recovery`].
//!
//! The value is lost with the answer, so a token that was issued is of no use. If it is surely
//! ours, exactly it is revoked and another one issued.

use jiff::Timestamp;

use super::issue::no_such_user;
use super::live::is_live;
use super::{Token, expiry};
use crate::anaconda::Anaconda;
use crate::client::{self, Error, IssuedToken, NewToken, Org};
use crate::resources::evidence::{contradicts, is_no_user};
use crate::resources::offboard::revoke_for_sure;
use crate::resources::recovery::{Sends, untold};
use crate::tf_provider::prelude::*;

/// Issues a token. `before`: the user's tokens right before, where they can be listed. The caller
/// holds the lock of the user's tokens.
///
/// # Errors
/// The API refuses; or an answer was lost, and nobody can tell what came of it, or whether what
/// came of it is ours: such a token is kept in the state without its value.
pub(super) async fn issued(
    cx: &mut Cx<Anaconda>,
    plan: &Token,
    request: &NewToken,
    before: Option<&Vec<client::Token>>,
    now: Timestamp,
) -> Result<IssuedToken> {
    let org = &cx.client()?.org;
    let mut sends = Sends::new(org);
    let mut looks = org.looks();
    let mut more = looks.next().await;
    loop {
        let error = match org.create_token(&plan.user_id, request).await {
            // One who was just added may not be known everywhere yet.
            Err(error) if error.is_not_found() => {
                if is_no_user(org, &plan.user_id).await? {
                    return Err(no_such_user(org, plan).into());
                }
                more = more && looks.next().await;
                if more {
                    continue;
                }
                return Err(contradicts(&plan.user_id, &error).at("user_id").into());
            }
            Err(error) if sends.leaves_open(&error) => error,
            issued => return Ok(issued?),
        };
        let Some(before) = before else {
            // Nobody can look, but the user allowed to end whatever is live: issuing does.
            sends.again(org, error)?;
            continue;
        };
        let new = match look(org, plan, before, now).await {
            Ok(new) => new,
            Err(no_look) => return Err(token_untold(plan, &error, &no_look).into()),
        };
        match new.as_slice() {
            [] => sends.again(org, error)?,
            [one] if !has_our_end(one, request) => {
                return Err(cannot_tell(plan, &new, &error).into());
            }
            [one] if is_surely_ours(plan, &error, &sends) => {
                tracing::info!(id = %one.id, "revoking our token, whose value was lost");
                revoke_for_sure(org, &plan.user_id, &one.id).await?;
                sends.again(org, error)?;
            }
            [one] => {
                cx.keep(&plan.clone().without_value(one, now))?;
                return Err(maybe_ours(plan, one, &error).into());
            }
            _ => return Err(cannot_tell(plan, &new, &error).into()),
        }
    }
}

/// Whether the one new token with our end was issued by us, or may be ended whoever issued it.
fn is_surely_ours(plan: &Token, error: &Error, sends: &Sends) -> bool {
    // The first end of a token that is to be synced is random.
    plan.revoke_existing || plan.syncs() || (error.was_carried_out() && !sends.in_doubt())
}

fn has_our_end(token: &client::Token, request: &NewToken) -> bool {
    let months = request.expiration_tolerance_months;
    let theirs = token.expires_at.as_deref();
    theirs.is_some_and(|theirs| expiry::says_the_same(theirs, &request.expires_at, months))
}

/// Looks until there are live tokens that were not there before, or all looks are taken.
async fn look(
    org: &Org,
    plan: &Token,
    before: &[client::Token],
    now: Timestamp,
) -> std::result::Result<Vec<client::Token>, Error> {
    let is_new = |token: &&client::Token| {
        is_live(token, now) && !before.iter().any(|old| old.id == token.id)
    };
    let is_new = &is_new;
    let look = || async move {
        org.refresh_tokens(&plan.user_id);
        let all = org.tokens(&plan.user_id).await?.unwrap_or_default();
        Ok(all.iter().filter(is_new).cloned().collect::<Vec<_>>())
    };
    org.look_until(look, |new| !new.is_empty()).await
}

impl Token {
    /// A token that appeared after a lost answer.
    fn without_value(self, token: &client::Token, now: Timestamp) -> Self {
        let found = Self::found(self.user_id.clone(), token, now);
        Self {
            id: found.id,
            expires_at: self.expires_at.or_answer(token.expires_at.clone()),
            token: Attr::Null,
            revoked: found.revoked,
            ..self
        }
        .at(now)
    }
}

fn token_untold(plan: &Token, error: &Error, no_look: &Error) -> Diagnostic {
    untold(
        &format!("A live token of user {}", plan.user_id),
        error,
        Some(no_look),
        "Its value is lost. Apply again: if the user has a live token then, Terraform names it and says \
         what can be done.",
    )
    .at("user_id")
}

fn maybe_ours(plan: &Token, one: &client::Token, error: &Error) -> Diagnostic {
    Diagnostic::error(
        "A token was issued without its value",
        format!(
            "Token {} of user {} is live now, and its value is lost: {error}.\n\nIt is kept in the \
             state as tainted: the next apply revokes exactly this token and issues another. If \
             another run issued it at this very moment and uses it, take it out of this state before: \
             terraform state rm ADDRESS.",
            one.id, plan.user_id
        ),
    )
    .at("user_id")
}

fn cannot_tell(plan: &Token, new: &[client::Token], error: &Error) -> Diagnostic {
    let ids: Vec<_> = new.iter().map(|token| token.id.as_str()).collect();
    Diagnostic::error(
        "Which token was issued cannot be told",
        format!(
            "User {} has live tokens that were not there before, and which of them this run issued \
             cannot be told: {}. The reason: {error}.\n\nNone was revoked, and none is kept in the \
             state. Revoke those that nobody uses, and apply again.",
            plan.user_id,
            ids.join(", ")
        ),
    )
    .at("user_id")
}
