//! Support for keeping a secret out of the state.

use crate::tf_provider::prelude::*;

/// Plans the value of `secret` when `hide` changes.
///
/// If `hide` is switched on, the update removes the secret from the state. If it is switched off,
/// the object must be replaced to have a secret again, because the old secret is lost. No
/// replacement is needed if the state still contains the secret.
pub(super) fn plan(change: &mut ResourcePlan, hide: &'static str, secret: &'static str) {
    if change.is_create() {
        return;
    }
    let was_lost = change.prior(hide).as_bool() == Some(true) && change.prior(secret).is_null();
    match change.planned(hide).as_bool() {
        Some(true) => change.set(secret, Value::Null),
        // Off, or unknown and therefore possibly off.
        Some(false) | None if was_lost => change.require_replace(hide),
        Some(false) => {}
        None if change.prior(secret).is_null() => {}
        None => change.set_unknown(secret),
    }
}

/// Returns the secret after an update: the planned value or, if that was unknown, the value that
/// the now known `hide` requires.
pub(super) fn updated(plan: Attr<Secret>, prior: Attr<Secret>, hide: bool) -> Attr<Secret> {
    match plan {
        Attr::Unknown if hide => Attr::Null,
        Attr::Unknown => prior,
        planned => planned,
    }
}
