//! What is left to do when a token was issued: ending old tokens, and the subscription's end.
//!
//! None of it may fail the create: an error would taint the token, and its value, which may be mailed
//! already, would be revoked by the next apply. So what could not be done is remembered beside the
//! state, and the next plan shows it as a change in place.

use jiff::Timestamp;

use super::Token;
use super::active::is_active;
use crate::client::{self, Org, TokenId, UserId};
use crate::provider_data::ProviderData;
use crate::resources::offboard::revoke_token_verified;
use crate::tf_provider::prelude::*;

/// How a sync is remembered.
const SYNC: &str = "sync";
/// How a token that has to end is remembered, before its id.
const REVOKE: &str = "end ";

/// What is left to do.
#[derive(Debug, Default)]
pub(super) struct RemainingSteps {
    pub(super) sync: bool,
    /// Tokens that the new one takes the place of.
    revoke: Vec<TokenId>,
}

impl RemainingSteps {
    /// All that is to do right after a token was issued.
    pub(super) fn after(issued: &Token, ending: &[client::Token]) -> Self {
        let end = ending.iter().map(|token| token.id.clone()).collect();
        Self { sync: issued.syncs(), revoke: end }
    }

    /// What the last change has left.
    pub(super) fn of(cx: &Context<ProviderData>) -> Self {
        let ids = cx
            .remaining_steps()
            .iter()
            .filter_map(|step| TokenId::parse(step.strip_prefix(REVOKE)?).ok());
        Self { sync: cx.remaining_steps().iter().any(|step| step == SYNC), revoke: ids.collect() }
    }

    /// Keeps it in mind for the next plan.
    pub(super) fn remember(&self, cx: &mut Context<ProviderData>) {
        if self.sync {
            cx.add_remaining_step(SYNC.to_owned());
        }
        for id in &self.revoke {
            cx.add_remaining_step(format!("{REVOKE}{id}"));
        }
    }

    /// Whether nothing is left.
    pub(super) fn is_empty(&self) -> bool {
        !self.sync && self.revoke.is_empty()
    }

    /// The token has the subscription's end now.
    pub(super) fn synced(&mut self) {
        self.sync = false;
    }

    /// Ends the old tokens that are still alive. Where a user has one live token, none is.
    ///
    /// # Errors
    /// One of them could not be revoked. It stays left, as do those behind it.
    pub(super) async fn end_old_ones(
        &mut self,
        org: &Org,
        user: &UserId,
        all: &[client::Token],
        now: Timestamp,
    ) -> Result<()> {
        self.revoke.retain(|old| all.iter().any(|token| token.id == *old && is_active(token, now)));
        while let Some(old) = self.revoke.last() {
            revoke_token_verified(org, user, old).await?;
            self.revoke.pop();
        }
        Ok(())
    }

    /// What the user is told when `problem` came between.
    pub(super) fn warning(&self, token: &Token, problem: &Diagnostics) -> Diagnostic {
        let mut steps = Vec::new();
        if token.token_id().is_none() {
            steps.push("read the ID of the token".to_owned());
        }
        if !self.revoke.is_empty() {
            let ids: Vec<_> = self.revoke.iter().map(TokenId::as_str).collect();
            steps.push(format!("revoke the previous token ({})", ids.join(", ")));
        }
        if self.sync {
            steps.push("set the subscription end date as the expiration date".to_owned());
        }
        if steps.is_empty() {
            steps.push("read the new expiration date".to_owned());
        }
        let causes: Vec<_> =
            problem.iter().map(|one| format!("{}: {}", one.summary, one.detail)).collect();
        Diagnostic::warning(
            "Token issued, steps remaining",
            format!(
                "The token of user {} was issued, and the state has its value. These steps remain: {}. \
                 Run `terraform apply` again: the refresh reads the ID, and the plan shows the other \
                 steps as an update in place.\n\n{}",
                token.user_id,
                steps.join("; "),
                causes.join("\n\n")
            ),
        )
    }
}
