//! Keeping a secret out of the state, on request.

use crate::tf_provider::prelude::*;

/// Plans what becomes of `secret` when `hide` is switched.
///
/// Switched on, the state forgets the secret, in place. Switched off, it takes a new object to have
/// one again, as nobody knows this one any more; unless the state holds it all the same.
pub(super) fn plan(change: &mut ResourcePlan, hide: &'static str, secret: &'static str) {
    if change.is_create() {
        return;
    }
    let was_lost = change.prior(hide).as_bool() == Some(true) && change.prior(secret).is_null();
    match change.planned(hide).as_bool() {
        Some(true) => change.set(secret, Value::Null),
        // Off, or it may turn out to be.
        Some(false) | None if was_lost => change.require_replace(hide),
        Some(false) => {}
        None if change.prior(secret).is_null() => {}
        None => change.set_unknown(secret),
    }
}

/// What becomes of the secret in an update: as planned, and where that was open, by what is known of
/// `hide` now.
pub(super) fn updated(plan: Attr<Secret>, prior: Attr<Secret>, hide: bool) -> Attr<Secret> {
    match plan {
        Attr::Unknown if hide => Attr::Null,
        Attr::Unknown => prior,
        planned => planned,
    }
}
