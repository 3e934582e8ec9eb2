//! Remaining steps after a token was issued: revoking old tokens and syncing with the subscription.
//!
//! None of them can fail the create. An error would taint the token, and the next apply would
//! revoke its value, which might already have been emailed to the user. So the remaining steps are
//! stored in the private state, and the next plan shows them as an update in place.

use jiff::Timestamp;

use super::Token;
use super::active::is_active;
use crate::client::{self, Org, TokenId, UserId};
use crate::provider_data::ProviderData;
use crate::resources::offboard::revoke_token_verified;
use crate::tf_provider::prelude::*;

/// The stored name of a sync.
const SYNC: &str = "sync";
/// The stored prefix before the ID of a token to revoke.
const REVOKE: &str = "end ";

/// The remaining steps.
#[derive(Debug, Default)]
pub(super) struct RemainingSteps {
    pub(super) sync: bool,
    /// The tokens that the new token replaces.
    revoke: Vec<TokenId>,
}

impl RemainingSteps {
    /// Returns all steps that follow the issuing of a token.
    pub(super) fn after(issued: &Token, ending: &[client::Token]) -> Self {
        let end = ending.iter().map(|token| token.id.clone()).collect();
        Self { sync: issued.syncs(), revoke: end }
    }

    /// Returns the remaining steps of the last change.
    pub(super) fn of(cx: &Context<ProviderData>) -> Self {
        let ids = cx
            .remaining_steps()
            .iter()
            .filter_map(|step| TokenId::parse(step.strip_prefix(REVOKE)?).ok());
        Self { sync: cx.remaining_steps().iter().any(|step| step == SYNC), revoke: ids.collect() }
    }

    /// Stores the steps for the next plan.
    pub(super) fn remember(&self, cx: &mut Context<ProviderData>) {
        if self.sync {
            cx.add_remaining_step(SYNC.to_owned());
        }
        for id in &self.revoke {
            cx.add_remaining_step(format!("{REVOKE}{id}"));
        }
    }

    /// Reports whether no step remains.
    pub(super) fn is_empty(&self) -> bool {
        !self.sync && self.revoke.is_empty()
    }

    /// Records that the token has been synced with the subscription.
    pub(super) fn synced(&mut self) {
        self.sync = false;
    }

    /// Revokes the old tokens that are still active.
    ///
    /// If the API allows only one active token per user, there are none.
    ///
    /// # Errors
    /// Returns an error if a token could not be revoked. It remains, with those that follow it.
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

    /// Returns the warning about the steps that `problem` prevented.
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
