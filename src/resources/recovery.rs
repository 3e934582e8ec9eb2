//! What becomes of a write whose outcome is unknown.
//!
//! A POST whose answer was lost, came from a gateway or was a failure of the server may have been
//! carried out. It is never just sent again: **a listing decides**. It is looked at several times
//! with growing pauses ([`crate::client::Looks`]), because it may lag behind writes. What is found
//! is done; what is surely not there is sent again, as often as other requests are; and where
//! nobody can look, or cannot tell, an error says what may exist and how to find out.
//!
//! # What is ours
//!
//! Two runs may work on one organization at once, and both may lose answers. So "it was not there
//! before" does not make a thing ours: the other run may have made it in that very moment. A create
//! deletes or revokes something, without asking, only when it is surely its own:
//!
//! * The answer itself proves that the write was carried out ([`Error::was_carried_out`]), and
//!   exactly one thing appeared.
//! * The thing bears a mark that no other run can have given it: the random end of a name, the
//!   random end of a token that is about to be synced.
//! * The user said that it may be ended, whoever's it is (`revoke_existing = true`).
//!
//! Anything else that cannot be used without its secret is kept in the state without the secret,
//! beside an error. Terraform then shows it as tainted, and a person sees it before the next apply
//! replaces it. Several that nobody can tell apart are left alone and named.
//!
//! Users and seats hold no secret, so taking over one that appeared ends nothing: that is done
//! without a mark. Inside one process a lock for each name keeps two creates from taking the same.
//!
//! Source: Organization Management API 1.0.0, which has no key that makes a POST idempotent.

use crate::client::{Error, Org};
use crate::tf_provider::diagnostics::Diagnostic;

/// How often one write may still be sent, and what became of the earlier times.
#[derive(Debug)]
pub(super) struct Sends {
    left: u32,
    lost: bool,
    in_doubt: bool,
}

impl Sends {
    /// Before the first time.
    pub(super) fn new(org: &Org) -> Self {
        Self { left: org.max_retries(), lost: false, in_doubt: false }
    }

    /// Whether the answer to an earlier time was lost.
    pub(super) fn lost_before(&self) -> bool {
        self.lost
    }

    /// Whether an earlier time may have been carried out without a proof: then what appears now may
    /// be what that one made, or what another run did.
    pub(super) fn in_doubt(&self) -> bool {
        self.in_doubt
    }

    /// Whether a listing has to decide about this failure: the outcome is unknown, or a conflict
    /// may be with what an earlier time made and no listing showed yet.
    pub(super) fn leaves_open(&self, error: &Error) -> bool {
        error.outcome_unknown() || (self.lost_before() && error.is_conflict())
    }

    /// After all looks have shown nothing: whether to send once more.
    ///
    /// # Errors
    /// The failure itself: it has been sent often enough, or may not be sent any more.
    pub(super) fn again(&mut self, org: &Org, error: Error) -> Result<(), Error> {
        if !error.outcome_unknown() || self.left == 0 || !org.may_go_on() {
            return Err(error);
        }
        tracing::info!(%error, "nothing came of the request, as the listing shows; sending again");
        self.left -= 1;
        self.lost = true;
        self.in_doubt |= !error.was_carried_out();
        Ok(())
    }
}

/// Nobody can tell what became of a write. `what` may exist; `check` says how to find out.
pub(super) fn untold(what: &str, why: &Error, no_look: Option<&Error>, check: &str) -> Diagnostic {
    let no_look = match no_look {
        Some(error) => format!(" Looking for it failed, too: {error}."),
        None => String::new(),
    };
    Diagnostic::error(
        "The outcome of a request is not known",
        format!("{what} may exist now: {why}.{no_look}\n\n{check}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(status: u16) -> Error {
        Error::Api {
            method: "POST",
            path: "/users".into(),
            status,
            code: None,
            message: "no".into(),
            fields: Vec::new(),
            documented: true,
            trace: crate::client::Trace::default(),
        }
    }

    fn org(max_retries: u32) -> Org {
        crate::client::org_for_tests(max_retries)
    }

    #[test]
    fn a_write_is_sent_again_as_often_as_other_requests() {
        let org = org(2);
        let mut sends = Sends::new(&org);
        let sent = (0..9).take_while(|_| sends.again(&org, refused(500)).is_ok()).count();
        assert_eq!(sent, 2);
    }

    #[test]
    fn a_refusal_is_not_sent_again() {
        let org = org(2);
        assert!(Sends::new(&org).again(&org, refused(422)).is_err());
    }

    #[test]
    fn a_conflict_is_looked_into_only_after_a_lost_answer() {
        let org = org(2);
        let mut sends = Sends::new(&org);
        assert!(!sends.leaves_open(&refused(409)) && sends.leaves_open(&refused(502)));
        sends.again(&org, refused(500)).unwrap();
        assert!(sends.leaves_open(&refused(409)) && !sends.leaves_open(&refused(422)));
    }
}
