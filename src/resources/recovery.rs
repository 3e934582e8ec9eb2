//! What became of a POST whose answer was lost. It may have been carried out, so it is never simply
//! sent again: the listing decides.
//!
//! **Which object is ours.** What was in the listing before our POST is never ours. What is new may
//! be ours, or another run's that made the same at the same moment; nothing that the API tells can
//! tell the two apart. So something new is
//!
//! - *taken over* where there can be only one anyway: the member with an address, the seat of a
//!   user; and a managed user with exactly our names, if it is the only new one and this process did
//!   not add it;
//! - *removed, and made again*, where its secret is lost and no other run can have made it: a service
//!   account whose name has a random end, a token whose end is the second of our request, and a
//!   token where `revoke_existing` says that issuing may end whatever is alive;
//! - *kept in the state without its secret, as a failed create*, where its secret is lost and another
//!   run may have made it. The next plan shows its replacement, by its id, before anything is removed.
//!
//! Several new ones are left alone, and named in an error. So a create never removes what another
//! run has made.

use crate::client::Error;
use crate::tf_provider::prelude::*;

/// The end of a create whose POST may have been carried out, when nobody can look.
///
/// `what` is the thing, as in `user "ada@example.com"`; `check` says how to find out and go on.
pub(super) fn cannot_look(
    what: &str,
    lost: &Error,
    looked: Option<&Error>,
    check: &str,
) -> Diagnostic {
    let why = match looked {
        Some(failure) => format!("Looking for it failed: {failure}."),
        None => "There is no way to look for it here, or no time was left.".to_owned(),
    };
    Diagnostic::error(
        "It may have been made, or not",
        format!("The answer about {what} was lost: {lost}. {why}\n\n{check}"),
    )
}

/// The end of a create whose POST was, by the listing, not carried out, and not for lack of trying.
pub(super) fn was_not_made(what: &str, lost: &Error) -> Diagnostic {
    Diagnostic::error(
        "It was not made",
        format!(
            "Anaconda did not carry out the request for {what}: {lost}. The listing does not show it, \
             after each attempt. Apply again."
        ),
    )
}

/// The end of a create after which there are several that could be ours.
pub(super) fn several(what: &str, lost: &Error, ids: &[&str], resolve: &str) -> Diagnostic {
    Diagnostic::error(
        "One of several may be ours",
        format!(
            "The answer about {what} was lost: {lost}. Several appeared at that moment, and nothing \
             tells which one this run made: {}. None was touched.\n\n{resolve}",
            ids.join(", ")
        ),
    )
}
