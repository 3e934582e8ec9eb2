//! Changing a token in place: the same secret, another end.

use super::live::{once_listed, ours_alone};
use super::{Token, expiry, plan};
use crate::anaconda::Anaconda;
use crate::client::{self, Error, Org, TokenChange};
use crate::resources::hiding;
use crate::tf_provider::prelude::*;

/// Moves the token's end, if the plan asks for it. Everything else is Terraform's own business.
pub(super) async fn renew(cx: &mut Cx<Anaconda>, plan: Token, prior: Token) -> Result<Token> {
    let plan = Token { token: hiding::updated(plan.token, prior.token, plan.hide_token), ..plan };
    if !plan::renews(&plan) {
        return Ok(plan);
    }
    let anaconda = cx.client()?;
    let (org, now) = (&anaconda.org, anaconda.clock.now());
    let _alone = org.lock_user(&plan.user_id).await;
    // One that the last run issued may not be listed yet.
    let ours_is_listed = |tokens: &[client::Token]| plan.is_among(tokens, now);
    if let Some(tokens) = once_listed(org, &plan.user_id, ours_is_listed).await? {
        ours_alone(&plan, &tokens, now)?;
    }
    if plan.syncs() {
        sync(org, &plan).await?;
        // Only the listing tells what the subscription's end is.
        cx.set_note(now.to_string());
        let renewed = Token { expires_at: Attr::Null, ..plan };
        let renewed = match org.tokens(&renewed.user_id).await? {
            Some(tokens) => renewed.refreshed(&tokens, now, false),
            None => renewed.at(now),
        };
        return Ok(renewed.unless_tried(cx, now));
    }
    let change = TokenChange {
        expires_at: plan.expires_at.as_known().map(|date| expiry::as_sent(date)),
        expiration_tolerance_months: plan.expiration_tolerance_months,
        is_renewal: false,
    };
    org.update_token(&plan.user_id, &change).await?;
    Ok(plan.at(now))
}

/// Gives the token the subscription's end.
pub(super) async fn sync(org: &Org, token: &Token) -> std::result::Result<(), Error> {
    let change = TokenChange {
        expires_at: None,
        expiration_tolerance_months: token.expiration_tolerance_months,
        is_renewal: true,
    };
    org.update_token(&token.user_id, &change).await
}
