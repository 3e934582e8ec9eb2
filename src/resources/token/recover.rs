//! Issuing of a token after a lost response: see [`crate::resources::recovery`].
//!
//! The value is lost with the response, so such a token is useless. If it certainly belongs to this
//! run, exactly this token is revoked and another one issued.

use std::result::Result as StdResult;

use jiff::Timestamp;

use super::active::is_active;
use super::issue::no_such_user;
use super::{Token, expiry};
use crate::client::{self, Error, IssuedToken, ListPoll, NewToken, Org, UserId};
use crate::provider_data::{ProviderData, cause};
use crate::resources::evidence;
use crate::resources::offboard::revoke_token_verified;
use crate::resources::recovery::{CreateAttempts, Creation, create_or_find, unknown_outcome};
use crate::tf_provider::diagnostics::Diagnostics;
use crate::tf_provider::prelude::*;

/// The request for a token. The caller holds the lock of the user's tokens.
pub(super) struct Issue<'a> {
    cx: &'a mut Context<ProviderData>,
    org: &'a Org,
    plan: &'a Token,
    request: &'a NewToken,
    /// The user's tokens immediately before the request, if they can be listed.
    before: Option<&'a Vec<client::Token>>,
    now: Timestamp,
    /// Retries for a user whom this run created and whom the API does not know yet.
    poll: ListPoll<'a>,
}

/// Issues a token.
///
/// `before` contains the user's tokens immediately before, if they can be listed. The caller holds
/// the lock of the user's tokens.
///
/// # Errors
/// Returns an error if the API rejects the request. Also returns an error if a response was lost,
/// and the outcome or the owner of the token stays unknown. A token of unknown ownership is saved
/// in the state without its value.
pub(super) async fn issued(
    cx: &mut Context<ProviderData>,
    plan: &Token,
    request: &NewToken,
    before: Option<&Vec<client::Token>>,
    now: Timestamp,
) -> Result<IssuedToken> {
    let org = &cx.client()?.org;
    let poll = org.list_poll();
    create_or_find(org, Issue { cx, org, plan, request, before, now, poll }).await
}

impl Creation for Issue<'_> {
    type Made = IssuedToken;
    type Found = client::Token;

    async fn send(&mut self) -> StdResult<IssuedToken, Error> {
        self.org.create_token(&self.plan.user_id, self.request).await
    }

    async fn find(&self) -> StdResult<Option<Vec<client::Token>>, Error> {
        let Some(before) = self.before else { return Ok(None) };
        self.org.refresh_tokens(&self.plan.user_id);
        let all = self.org.tokens(&self.plan.user_id).await?.unwrap_or_default();
        let is_new = |token: &&client::Token| {
            is_active(token, self.now) && !before.iter().any(|old| old.id == token.id)
        };
        Ok(Some(all.iter().filter(is_new).cloned().collect()))
    }

    async fn settle(
        &mut self,
        found: Vec<client::Token>,
        error: &Error,
        attempts: &CreateAttempts,
    ) -> Result<Option<IssuedToken>> {
        let plan = self.plan;
        match found.as_slice() {
            [one] if !has_requested_expiration(one, self.request) => {
                Err(ambiguous(plan, &found, error).into())
            }
            // The provisional expiration date of a token that is to be synced is random.
            [one] if plan.revoke_existing || plan.syncs() || attempts.proves_creation(error) => {
                tracing::info!(id = %one.id, "revoking token with lost value");
                revoke_token_verified(self.org, &plan.user_id, &one.id).await?;
                Ok(None)
            }
            [one] => {
                self.cx.save_partial_state(&plan.clone().without_value(one, self.now))?;
                Err(possibly_created(plan, one, error).into())
            }
            _ => Err(ambiguous(plan, &found, error).into()),
        }
    }

    /// Sends the request again: the user allowed revoking the active token, and issuing another one
    /// does that.
    fn unlisted(&mut self, _: &Error, _: &CreateAttempts) -> Result<Option<IssuedToken>> {
        Ok(None)
    }

    async fn passes(&mut self, error: &Error) -> bool {
        evidence::retry_not_found(self.org, &self.plan.user_id, error, &mut self.poll).await
    }

    fn unknown_outcome(&self, error: &Error, no_list: Option<&Error>) -> Diagnostic {
        unknown_outcome(
            &format!("A new token of user {}", self.plan.user_id),
            error,
            no_list,
            "The token value is lost. Apply again. If the user has an active token, the apply returns an \
             error that names it and the options.",
        )
        .at("user_id")
    }

    async fn refused(&mut self, error: Error) -> Diagnostics {
        if !error.is_not_found() {
            return error.into();
        }
        let no_such_user = |_: &UserId| no_such_user(self.org, self.plan);
        evidence::not_found(self.org, &self.plan.user_id, error, no_such_user).await
    }
}

fn has_requested_expiration(token: &client::Token, request: &NewToken) -> bool {
    let months = request.expiration_tolerance_months;
    let listed = token.expires_at.as_deref();
    listed.is_some_and(|listed| expiry::is_same_expiration(listed, &request.expires_at, months))
}

impl Token {
    /// Returns the state of a token that appeared after a lost response.
    fn without_value(self, token: &client::Token, now: Timestamp) -> Self {
        let found = Self::found(UserId::clone(&self.user_id), token, now);
        Self {
            id: found.id,
            expires_at: self.expires_at.or_computed(token.expires_at.clone()),
            token: Attr::Null,
            revoked: found.revoked,
            ..self
        }
        .at(now)
    }
}

fn possibly_created(plan: &Token, one: &client::Token, error: &Error) -> Diagnostic {
    Diagnostic::error(
        "Token value lost",
        format!(
            "Token {} of user {} is active, and its value is lost.\n\nThe token is saved in the state as \
             tainted: the next apply revokes exactly this token and issues a new one. If another run \
             issued it at the same time and uses it, first run `terraform state rm <ADDRESS>`.\n\n{}",
            one.id,
            plan.user_id,
            cause(error)
        ),
    )
    .at("user_id")
}

fn ambiguous(plan: &Token, new: &[client::Token], error: &Error) -> Diagnostic {
    let ids: Vec<_> = new.iter().map(|token| token.id.as_str()).collect();
    Diagnostic::error(
        "Multiple new tokens found",
        format!(
            "User {} has new active tokens, and the provider cannot determine which one this run issued: \
             {}.\n\nThe provider revoked none and saved none in the state. Revoke the tokens that are \
             not used, and apply again.\n\n{}",
            plan.user_id,
            ids.join(", "),
            cause(error)
        ),
    )
    .at("user_id")
}
