//! Sending the request for a token, and finding out what became of it when the answer was lost: the
//! value is shown once, so a token whose answer was lost is one that nobody can use and nobody knows.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::live::is_live;
use super::{Token, expiry};
use crate::anaconda::Anaconda;
use crate::client::{self, Error, IssuedToken, NewToken, Org, TokenId};
use crate::resources::recovery::{cannot_look, several, was_not_made};
use crate::tf_provider::prelude::*;

/// Issues a token. The inner error is the API's own refusal.
///
/// # Errors
/// Nobody can tell what became of the request, or a token was issued whose value is lost.
pub(super) async fn create(
    cx: &mut Cx<Anaconda>,
    org: &Org,
    plan: &Token,
    new: &NewToken,
    now: Timestamp,
) -> Result<std::result::Result<IssuedToken, Error>> {
    // The caller has looked just now, so this costs no request.
    let before = org.tokens(&plan.user_id).await?;
    let before = before.map(|all| all.iter().map(|it| it.id.clone()).collect::<BTreeSet<_>>());
    let mut tries = 0;
    loop {
        let lost = match org.create_token(&plan.user_id, new).await {
            Err(lost) if lost.outcome_unknown() => lost,
            answered => return Ok(answered),
        };
        match &before {
            // Without a listing it is sure that whatever is live may end: `issue` has seen to it.
            None => end_live_one(org, plan).await?,
            Some(before) => match appeared(org, plan, before, now, &lost).await?.as_slice() {
                [] => {}
                [one] if is_surely_ours(plan, new, one) => end(org, plan, &one.id).await?,
                [one] => {
                    cx.keep(&without_value(plan, one))?;
                    return Err(value_is_lost(plan, one, &lost).into());
                }
                many => return Err(which_one(plan, &lost, many).into()),
            },
        }
        if tries >= org.max_retries() {
            return Err(was_not_made(&called(plan), &lost).into());
        }
        tries += 1;
    }
}

/// The live tokens that a lost request may have issued.
async fn appeared(
    org: &Org,
    plan: &Token,
    before: &BTreeSet<TokenId>,
    now: Timestamp,
    lost: &Error,
) -> Result<Vec<client::Token>> {
    let unknown = |looked: Option<&Error>| cannot_look(&called(plan), lost, looked, CHECK);
    let mut looks = org.looks();
    while looks.next().await {
        org.refresh_tokens(&plan.user_id);
        let tokens = match org.tokens(&plan.user_id).await {
            Ok(tokens) => tokens.unwrap_or_default(),
            Err(failure) => return Err(unknown(Some(&failure)).into()),
        };
        let is_new = |token: &&client::Token| is_live(token, now) && !before.contains(&token.id);
        let new: Vec<_> = tokens.iter().filter(is_new).cloned().collect();
        if !new.is_empty() {
            return Ok(new);
        }
    }
    if looks.were_stopped() { Err(unknown(None).into()) } else { Ok(Vec::new()) }
}

/// Whether no other run can have issued this token, or the user has allowed to end it all the same.
fn is_surely_ours(plan: &Token, new: &NewToken, one: &client::Token) -> bool {
    // The first end of a token that is to be synced is counted from the second of the request.
    let is_unique = plan.syncs();
    let months = plan.expiration_tolerance_months;
    let has_our_end = expiry::says_the_same(&one.expires_at, &new.expires_at, months);
    plan.revoke_existing || is_unique && has_our_end
}

async fn end(org: &Org, plan: &Token, id: &TokenId) -> Result<()> {
    match org.revoke_token(&plan.user_id, id).await {
        Err(error) if error.is_not_found() || error.is_conflict() => Ok(()),
        revoked => Ok(revoked?),
    }
}

async fn end_live_one(org: &Org, plan: &Token) -> Result<()> {
    match org.revoke_user_token(&plan.user_id).await {
        Err(error) if error.is_not_found() => Ok(()),
        revoked => Ok(revoked?),
    }
}

/// The token as the listing shows it, for Terraform to replace.
fn without_value(plan: &Token, one: &client::Token) -> Token {
    Token {
        id: Attr::Known(one.id.to_string()),
        expires_at: plan.expires_at.clone().or_answer(Some(one.expires_at.clone())),
        token: Attr::Null,
        revoked: Attr::Known(false),
        expired: Attr::Known(false),
        ready_for_renewal: Attr::Known(false),
        ..plan.clone()
    }
}

const CHECK: &str = "Apply again: the plan shows whether the user has a live token now. Nobody has its \
                     value, so end it with `revoke_existing = true`, unless another run issued it.";

fn called(plan: &Token) -> String {
    format!("a token for user {}", plan.user_id)
}

fn value_is_lost(plan: &Token, one: &client::Token, lost: &Error) -> Diagnostic {
    Diagnostic::error(
        "A token was issued, and its value is lost",
        format!(
            "The answer about a token for user {} was lost: {lost}. Token {} appeared at that moment; \
             Anaconda shows a value once, so nobody has it. Terraform keeps the token as tainted: the \
             next apply revokes exactly this one and issues another. Should another run have issued it \
             just then, take it out of this state first (terraform state rm).",
            plan.user_id, one.id
        ),
    )
}

fn which_one(plan: &Token, lost: &Error, all: &[client::Token]) -> Diagnostic {
    let ids: Vec<_> = all.iter().map(|token| token.id.as_str()).collect();
    let resolve = "Revoke those whose value nobody has, and apply again; `revoke_existing = true` does \
                   both.";
    several(&called(plan), lost, &ids, resolve)
}
