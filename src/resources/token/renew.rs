//! Update of a token in place: the same value with another expiration date.

use super::active::{ensure_only_active, wait_until_listed};
use super::remaining::RemainingSteps;
use super::{Token, expiry, plan};
use crate::client::{self, Error, Org, TokenChange};
use crate::provider_data::ProviderData;
use crate::resources::hiding;
use crate::tf_provider::prelude::*;

/// Changes the expiration date of the token if the plan requires it.
///
/// All other changes affect only the state.
pub(super) async fn renew(
    cx: &mut Context<ProviderData>,
    plan: Token,
    prior: &Token,
) -> Result<Token> {
    let token = hiding::updated(plan.token, prior.token.clone(), plan.hide_token);
    let plan = Token { token, ..plan };
    if !plan::renews(&plan) {
        return Ok(plan);
    }
    let anaconda = cx.client()?;
    let (org, now) = (&anaconda.org, anaconda.clock.now());
    let mut remaining_steps = RemainingSteps::of(cx);
    let _guard = org.lock_user(&plan.user_id).await;
    if !remaining_steps.is_empty()
        && let Some(tokens) = org.tokens(&plan.user_id).await?
    {
        remaining_steps.end_old_ones(org, &plan.user_id, &tokens, now).await?;
    }
    let expires_at = match plan.expires_at {
        Attr::Unknown => prior.expires_at.clone(),
        configured => configured,
    };
    let plan = Token { expires_at, revoked: prior.revoked, ..plan }.at(now);
    if !remaining_steps.sync && !changes_expiration(&plan, prior) {
        return Ok(plan);
    }
    // A token that the last run issued might not be listed yet.
    let is_listed = |tokens: &[client::Token]| plan.is_among(tokens, now);
    if let Some(tokens) = wait_until_listed(org, &plan.user_id, is_listed).await? {
        ensure_only_active(&plan, &tokens, now)?;
    }
    if plan.syncs() {
        sync(org, &plan).await?;
        cx.set_note(now.to_string());
        let synced = Token { expires_at: Attr::Null, ..plan };
        // Only the list shows the new expiration date. If this request fails, the next refresh
        // reads it.
        let synced = match org.tokens(&synced.user_id).await {
            Ok(Some(tokens)) => synced.refreshed(&tokens, now, false),
            Ok(None) => synced.at(now),
            Err(error) => {
                cx.warn(RemainingSteps::default().warning(&synced, &error.into()));
                synced.at(now)
            }
        };
        return Ok(synced.skip_recent_renewal(cx, now));
    }
    let change = TokenChange {
        expires_at: plan.expires_at.as_known().map(|date| expiry::as_sent(date)),
        expiration_tolerance_months: plan.expiration_tolerance_months,
        is_renewal: false,
    };
    org.update_token(&plan.user_id, &change).await?;
    Ok(plan.at(now))
}

/// Sets the expiration date of the token to the subscription end date.
pub(super) async fn sync(org: &Org, token: &Token) -> std::result::Result<(), Error> {
    let change = TokenChange {
        expires_at: None,
        expiration_tolerance_months: token.expiration_tolerance_months,
        is_renewal: true,
    };
    org.update_token(&token.user_id, &change).await
}

/// Reports whether the token gets another expiration date.
///
/// A plan cannot always know: the token might be due under other `early_renewal_hours`, and an
/// unknown value might turn out to be unchanged.
fn changes_expiration(plan: &Token, prior: &Token) -> bool {
    let end =
        |token: &Token| token.expires_at.as_known().and_then(|date| expiry::parse_shown(date));
    let triggers = |token: &Token| token.renewal_triggers.clone().unwrap_or_default();
    (plan.syncs() && !prior.syncs())
        || plan.is_renewal_due()
        || prior.is_renewal_due()
        || end(plan) != end(prior)
        || triggers(plan) != triggers(prior)
        || plan.expiration_tolerance_months != prior.expiration_tolerance_months
}
