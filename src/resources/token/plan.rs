//! Plan logic for a token that the schema cannot express: inactive tokens and renewals.
//!
//! No planned value depends on the clock. A refresh writes to the state whether the token is
//! inactive or due for renewal. So a plan that is applied days later does what it showed. Only
//! errors depend on the clock: a token with a date in the past is never issued.

use super::expiry::{self, Moment};
use crate::client::{TokenId, UserId};
use crate::provider_data::{DESTROY, Object, ProviderData, Step};
use crate::resources::{hiding, unknown};
use crate::tf_provider::prelude::*;

/// The attributes that are recomputed whenever the token changes at Anaconda.
const STATUS_ATTRIBUTES: [&str; 3] = ["revoked", "expired", "ready_for_renewal"];

/// Checks that exactly one argument decides the expiration date.
///
/// An unknown value might be null, so it conflicts with nothing.
pub(super) fn validate(config: &Value) -> Diagnostics {
    let mut found = Diagnostics::default();
    let (date, sync) = (config.get("expires_at"), config.get("sync_with_subscription"));
    let choice = "Exactly one of `expires_at` and `sync_with_subscription = true` must be set";
    let is_set = |value: &Value| !value.is_null() && !value.is_unknown();
    if is_set(date) && sync.as_bool() == Some(true) {
        let both = format!("{choice}, but both are set. Remove one of them.");
        found.push(Diagnostic::error("Conflicting configuration arguments", both).at("expires_at"));
    }
    if date.is_null() && (sync.is_null() || sync.as_bool() == Some(false)) {
        let none = format!("{choice}, but neither is set.");
        found.push(Diagnostic::error("Missing required argument", none).at("expires_at"));
    }
    if is_set(config.get("early_renewal_hours")) && is_set(date) {
        found.push(
            Diagnostic::error(
                "Conflicting configuration arguments",
                "`early_renewal_hours` requires `sync_with_subscription = true`, but `expires_at` is set. \
                 Remove one of them.",
            )
            .at("early_renewal_hours"),
        );
    }
    found
}

pub(super) fn plan(cx: &mut Context<ProviderData>, change: &mut ResourcePlan) -> Result<()> {
    let now = Moment::of(cx.client()?.clock.now());
    let configured = change.config("expires_at").as_str().and_then(expiry::parse);
    let past = configured.filter(|date| *date <= now);
    if change.is_create() {
        return refuse_past(past);
    }
    hiding::plan(change, "hide_token", "token");
    if change.is_replacement() {
        let ends = "the provider revokes the token, so that every client that uses it loses access, and issues a \
             new one";
        unknown::warn(cx, change, "user_id", &label(change), ends);
        return Ok(());
    }
    if is_inactive(change) && is_reissued(change)? {
        if change.prior("expired").as_bool() == Some(true) && !extends_expiration(change) {
            cx.warn(replacement_would_be_expired(change));
            keep_status_attributes(change);
        } else {
            change.set_unknown("id");
            change.set_unknown("token");
            change.require_replace("id");
            cx.warn(reissue_warning(change));
        }
        return Ok(());
    }
    if change.changes("expires_at") {
        refuse_past(past)?;
    }
    plan_renewal(change, !cx.remaining_steps().is_empty());
    Ok(())
}

/// Plans a new expiration date for the token if anything requires it.
///
/// An unknown value might require it, and so do the remaining steps of the last change.
fn plan_renewal(change: &mut ResourcePlan, has_remaining_steps: bool) {
    let syncs = change.planned("sync_with_subscription");
    let syncs = syncs.is_unknown() || syncs.as_bool() == Some(true);
    let early = syncs && !change.planned("early_renewal_hours").is_null();
    let requires_sync = change.changes("sync_with_subscription")
        // The state does not say whether the token is due under the new number of hours.
        || (early && change.changes("early_renewal_hours"))
        || (early && change.prior("ready_for_renewal").as_bool() == Some(true));
    let renews = has_remaining_steps
        || change.changes("expiration_tolerance_months")
        || change.changes_elements("renewal_triggers")
        || (syncs && requires_sync);
    if renews && syncs && change.config("expires_at").is_null() {
        change.set_unknown("expires_at");
    }
    if renews || change.changes("expires_at") {
        for attribute in STATUS_ATTRIBUTES {
            change.set_unknown(attribute);
        }
        return;
    }
    // The change affects only the state.
    keep_status_attributes(change);
    if !early && change.prior("ready_for_renewal").as_bool() == Some(true) {
        change.set("ready_for_renewal", false);
    }
}

/// Returns the effect of a plan on tokens.
///
/// An inactive token does not count: its user loses nothing.
pub(super) fn step(change: &ResourcePlan) -> Step {
    let user = |value: &Value| UserId::parse(value.as_str()?).ok();
    let prior = || {
        let user = user(change.prior("user_id")).filter(|_| !is_inactive(change))?;
        let id = change.prior("id").as_str().filter(|id| !id.eq_ignore_ascii_case(user.as_str()));
        Some(Object::token(&user, id.and_then(|id| TokenId::parse(id).ok()).as_ref()))
    };
    let new = || Some(Object::token(&user(change.planned("user_id"))?, None));
    match (change.is_create(), change.is_replacement()) {
        (true, _) => Step::adds(new()),
        (_, true) => Step::replaces(prior(), new()),
        _ => Step::keeps(prior()),
    }
}

/// Reports whether the plan left the expiration date open, so that the update must set it.
pub(super) fn renews(plan: &super::Token) -> bool {
    plan.ready_for_renewal.is_unknown()
}

/// Reports whether the token is inactive according to the state.
fn is_inactive(change: &ResourcePlan) -> bool {
    ["revoked", "expired"].iter().any(|attribute| change.prior(attribute).as_bool() == Some(true))
}

/// Reports whether an inactive token is replaced by a new one.
///
/// # Errors
/// Returns an error if `recreate_if_invalid` is unknown: any plan might turn out to be wrong.
fn is_reissued(change: &ResourcePlan) -> Result<bool> {
    change.planned("recreate_if_invalid").as_bool().ok_or_else(|| {
        Diagnostic::error(
            "Unknown argument recreate_if_invalid",
            format!(
                "{} is not active, and `recreate_if_invalid`, which decides whether to issue a new token, is \
                 known only after apply. Set it to a value that is known in the plan. {DESTROY}",
                label(change)
            ),
        )
        .at("recreate_if_invalid")
        .into()
    })
}

/// Reports whether the configuration changed in a way that gives a new token a later expiration
/// date.
fn extends_expiration(change: &ResourcePlan) -> bool {
    let date = |value: &Value| value.as_str().and_then(expiry::parse_shown);
    let later_date = match change.config("expires_at") {
        Value::Null => false,
        Value::Unknown => true,
        text => date(text) > date(change.prior("expires_at")),
    };
    later_date
        || change.changes_elements("renewal_triggers")
        || change.changes_elements("keepers")
        || (change.changes("sync_with_subscription")
            && change.planned("sync_with_subscription").as_bool() != Some(false)
            && !change.planned("sync_with_subscription").is_null())
}

/// Returns the name of the token for messages.
fn label(change: &ResourcePlan) -> String {
    let text = |name| change.prior(name).as_str().unwrap_or_default().to_owned();
    format!("token {} of user {}", text("id"), text("user_id"))
}

/// Returns the warning about an expired token whose replacement would expire immediately.
fn replacement_would_be_expired(change: &ResourcePlan) -> Diagnostic {
    let why = match change.config("expires_at").as_str() {
        Some(date) => format!(
            "`expires_at` ({date}) is in the past, and a new token would expire immediately"
        ),
        None => {
            "it expired with the subscription, and a new token would expire immediately".to_owned()
        }
    };
    Diagnostic::warning(
        "Cannot replace expired token",
        format!(
            "The plan does not replace {}: {why}. Set `expires_at` to a later date. Or, after a renewal of \
             the subscription, change `renewal_triggers` or `keepers`, or replace the token (`terraform \
             apply -replace=<ADDRESS>`).",
            label(change)
        ),
    )
}

fn reissue_warning(change: &ResourcePlan) -> Diagnostic {
    let what = if change.prior("revoked").as_bool() == Some(true) {
        "was revoked or deleted"
    } else {
        "expired"
    };
    Diagnostic::warning(
        "Token will be replaced",
        format!(
            "{} {what}, so this plan replaces it with a new token with another value. To keep it in the \
             state, for example if `prevent_destroy` stops this plan, set `recreate_if_invalid = false`.",
            crate::provider_data::capitalized(&label(change))
        ),
    )
}

fn keep_status_attributes(change: &mut ResourcePlan) {
    for attribute in STATUS_ATTRIBUTES {
        change.set(attribute, change.prior(attribute).clone());
    }
}

fn refuse_past(past: Option<Moment>) -> Result<()> {
    let Some(date) = past else { return Ok(()) };
    let what = format!(
        "`expires_at` ({date}) must be in the future. Set a later date, and plan again. {DESTROY}"
    );
    Err(Diagnostic::error("Invalid expiration date", what).at("expires_at").into())
}
