//! What a plan for a token has to know beyond the schema: the clock, and what can be renewed.

use jiff::Timestamp;

use super::expiry;
use crate::anaconda::{Anaconda, Object, Step};
use crate::client::{TokenId, UserId};
use crate::tf_provider::prelude::*;

/// What is recomputed whenever the token changes.
const FACTS: [&str; 3] = ["revoked", "expired", "ready_for_renewal"];

/// Exactly one way to say when the token ends. What is unknown may be null, so it contradicts nothing.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    let (date, sync) = (config.get("expires_at"), config.get("sync_with_subscription"));
    let choice = "`expires_at` ends the token at a date, `sync_with_subscription = true` with the \
                  subscription.";
    let is_set = |value: &Value| !value.is_null() && !value.is_unknown();
    if is_set(date) && sync.as_bool() == Some(true) {
        let both = format!("Both are set: {choice} Keep one of them.");
        found.push(Diagnostic::error("Two ends for one token", both).at("expires_at"));
    }
    if date.is_null() && (sync.is_null() || sync.as_bool() == Some(false)) {
        let none = format!("Neither is set: {choice} Set one of them.");
        found.push(Diagnostic::error("No end for the token", none));
    }
    if is_set(config.get("early_renewal_hours")) && is_set(date) {
        found.push(
            Diagnostic::error(
                "Nothing to renew early",
                "`early_renewal_hours` goes with `sync_with_subscription = true`, and this token ends \
                 at a fixed `expires_at`. Take one of the two out.",
            )
            .at("early_renewal_hours"),
        );
    }
    found
}

pub(super) fn plan(cx: &mut Cx<Anaconda>, change: &mut Change) -> Result<()> {
    let now = cx.client()?.clock.now();
    let configured = change.config("expires_at").as_str().and_then(expiry::parse);
    let past = configured.filter(|date| *date <= now);
    if change.is_create() {
        return refuse_past(past);
    }
    if change.is_replacement() {
        return Ok(());
    }
    if is_dead(change, now) && change.planned("recreate_if_invalid").as_bool() == Some(true) {
        if let Some(date) = past {
            cx.warn(Diagnostic::warning(
                "Token has ended and cannot be issued anew",
                format!(
                    "The configured `expires_at` ({date}) is over, so another token would not work \
                     either. Set a later date, and the next apply issues a token."
                ),
            ));
            keep_facts(change);
            return Ok(());
        }
        change.set_unknown("id");
        change.set_unknown("token");
        change.replace_because_of("id");
        return Ok(());
    }
    if change.changes("expires_at") {
        refuse_past(past)?;
    }
    let syncs = change.planned("sync_with_subscription").as_bool() == Some(true);
    let renews = !cx.left().is_empty()
        || change.changes("expiration_tolerance_months")
        || change.changes("renewal_triggers")
        || (syncs && (change.changes("sync_with_subscription") || is_near(change, now)));
    if renews && syncs {
        change.set_unknown("expires_at");
    }
    if renews || change.changes("expires_at") {
        for fact in FACTS {
            change.set_unknown(fact);
        }
    } else if !change.changes("early_renewal_hours") {
        // What changes is only Terraform's own business.
        keep_facts(change);
    }
    Ok(())
}

/// What a plan does with tokens. One that is over is not counted: nobody loses it.
pub(super) fn step(change: &Change) -> Step {
    let user = |value: &Value| UserId::parse(value.as_str()?).ok();
    let prior = || {
        let over = ["revoked", "expired"].iter().any(|it| change.prior(it).as_bool() == Some(true));
        let user = user(change.prior("user_id")).filter(|_| !over)?;
        let id = change.prior("id").as_str().filter(|id| *id != user.as_str());
        Some(Object::token(&user, id.and_then(|id| TokenId::parse(id).ok()).as_ref()))
    };
    let new = || Some(Object::token(&user(change.planned("user_id"))?, None));
    match (change.is_create(), change.is_replacement()) {
        (true, _) => Step::adds(new()),
        (_, true) => Step::replaces(prior(), new()),
        _ => Step::keeps(prior()),
    }
}

/// Whether the time for an early renewal has come.
fn is_near(change: &Change, now: Timestamp) -> bool {
    let hours = change.planned("early_renewal_hours").as_int();
    let hours = hours.and_then(|hours| u32::try_from(hours).ok());
    match (prior_end(change), hours) {
        (Some(end), Some(hours)) => expiry::is_near(end, hours, now),
        _ => false,
    }
}

/// When the token works no more, by what the state says.
fn prior_end(change: &Change) -> Option<Timestamp> {
    let grace = change.prior("expiration_tolerance_months").as_int().unwrap_or_default();
    let date = change.prior("expires_at").as_str().and_then(expiry::parse)?;
    Some(expiry::end(date, u32::try_from(grace).unwrap_or_default()))
}

fn is_dead(change: &Change, now: Timestamp) -> bool {
    change.prior("revoked").as_bool() == Some(true)
        || prior_end(change).is_some_and(|end| end <= now)
}

fn keep_facts(change: &mut Change) {
    for fact in FACTS {
        change.set(fact, change.prior(fact).clone());
    }
}

fn refuse_past(past: Option<Timestamp>) -> Result<()> {
    let Some(date) = past else { return Ok(()) };
    let what =
        format!("`expires_at` ({date}) is over, so the token would never work. Set a later date.");
    Err(Diagnostic::error("The token would end in the past", what).at("expires_at").into())
}
