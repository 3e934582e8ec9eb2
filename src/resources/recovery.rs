//! What becomes of a create whose outcome is unknown.
//!
//! A POST whose answer was lost, came from a gateway or was a failure of the server may have been
//! carried out. It is never just sent again: **a listing decides**. It is looked at several times
//! with growing pauses ([`Org::poll_until`]), because it may lag behind writes. What is found
//! is done; what is surely not there is sent again, as often as other requests are; and where
//! nobody can look, or cannot tell, an error says what may exist and how to find out.
//!
//! [`create_or_find`] is that policy. What differs from one kind of object to another is a
//! [`Creation`].
//!
//! # What is ours
//!
//! Two runs may work on one organization at once, and both may lose answers. So "it was not there
//! before" does not make a thing ours: the other run may have made it in that very moment. A create
//! deletes or revokes something, without asking, only when it is surely its own:
//!
//! * The answer itself proves that the write was carried out ([`Error::was_processed`]), and
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

use std::result::Result as StdResult;

use crate::client::{Error, Org};
use crate::provider_data::cause;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};

/// One kind of create request, and what tells whether it was carried out.
pub(super) trait Creation: Send {
    /// What comes of it in the end.
    type Made: Send;
    /// What a list shows of it.
    type Found: Send;

    /// Sends the request.
    fn send(&mut self) -> impl Future<Output = StdResult<Self::Made, Error>> + Send;

    /// What a fresh list shows that may come of the request. `None`: there is no such list.
    fn find(&self) -> impl Future<Output = StdResult<Option<Vec<Self::Found>>, Error>> + Send;

    /// Decides about what was found: `None` where it was ours, is removed, and is made again.
    ///
    /// # Errors
    /// Nobody can tell whose it is.
    fn settle(
        &mut self,
        found: Vec<Self::Found>,
        error: &Error,
        attempts: &CreateAttempts,
    ) -> impl Future<Output = Result<Option<Self::Made>>> + Send;

    /// Decides where there is no list: `None` to send again.
    ///
    /// # Errors
    /// Nobody can tell whether the object exists.
    fn unlisted(&mut self, error: &Error, _: &CreateAttempts) -> Result<Option<Self::Made>> {
        Err(self.unknown_outcome(error, None).into())
    }

    /// Whether a list has to decide about this failure.
    fn needs_list(&self, error: &Error, attempts: &CreateAttempts) -> bool {
        error.outcome_unknown() || (attempts.lost_before() && error.is_conflict())
    }

    /// Waits after a refusal that passes by itself. Answers whether to send again.
    fn passes(&mut self, _: &Error) -> impl Future<Output = bool> + Send {
        std::future::ready(false)
    }

    /// What the user is told where nobody can tell what came of the request.
    fn unknown_outcome(&self, error: &Error, no_list: Option<&Error>) -> Diagnostic;

    /// What the user is told about a refusal.
    fn refused(&mut self, error: Error) -> impl Future<Output = Diagnostics> + Send {
        std::future::ready(error.into())
    }
}

/// Sends a create request, and finds out what came of it where the answer does not tell.
///
/// # Errors
/// The API refuses; or an answer was lost, and nobody can tell what came of it.
pub(super) async fn create_or_find<C: Creation>(org: &Org, mut creation: C) -> Result<C::Made> {
    let mut attempts = CreateAttempts::new(org);
    loop {
        let error = match creation.send().await {
            Ok(made) => return Ok(made),
            Err(error) => error,
        };
        if creation.needs_list(&error, &attempts) {
            let find = || creation.find();
            let enough = |found: &Option<Vec<_>>| found.as_ref().is_none_or(|all| !all.is_empty());
            let made = match org.poll_until(find, enough).await {
                Ok(Some(found)) if found.is_empty() => None,
                Ok(Some(found)) => creation.settle(found, &error, &attempts).await?,
                Ok(None) => creation.unlisted(&error, &attempts)?,
                Err(no_list) => {
                    return Err(creation.unknown_outcome(&error, Some(&no_list)).into());
                }
            };
            if let Some(made) = made {
                tracing::info!("the object exists, although the response was lost");
                return Ok(made);
            }
        }
        if creation.passes(&error).await {
            continue;
        }
        if let Err(error) = attempts.retry_or_fail(org, error) {
            return Err(creation.refused(error).await);
        }
    }
}

/// How often one create may still be sent, and what became of the earlier times.
#[derive(Debug)]
pub(super) struct CreateAttempts {
    left: u32,
    lost: bool,
    in_doubt: bool,
}

impl CreateAttempts {
    /// Before the first time.
    fn new(org: &Org) -> Self {
        Self { left: org.max_retries(), lost: false, in_doubt: false }
    }

    /// Whether the answer to an earlier time was lost.
    pub(super) fn lost_before(&self) -> bool {
        self.lost
    }

    /// Whether what appeared after this failure proves to be ours: the answer says that the request was
    /// carried out, and no earlier time may have been carried out without a proof.
    pub(super) fn prove_ours(&self, error: &Error) -> bool {
        error.was_processed() && !self.in_doubt
    }

    /// After all looks have shown nothing: whether to send once more.
    ///
    /// # Errors
    /// The failure itself: it has been sent often enough, or may not be sent any more.
    fn retry_or_fail(&mut self, org: &Org, error: Error) -> StdResult<(), Error> {
        if !error.outcome_unknown() || self.left == 0 || !org.may_go_on() {
            return Err(error);
        }
        tracing::info!(%error, "retrying request: object not found in list");
        self.left -= 1;
        self.lost = true;
        self.in_doubt |= !error.was_processed();
        Ok(())
    }
}

/// The error for a write with an unknown outcome. `what` might exist; `check` says how to find out.
pub(super) fn unknown_outcome(
    what: &str,
    why: &Error,
    no_look: Option<&Error>,
    check: &str,
) -> Diagnostic {
    let no_look = match no_look {
        Some(error) => format!(" The list request to find it also failed: {error}."),
        None => String::new(),
    };
    Diagnostic::error(
        "Request outcome unknown",
        format!(
            "{what} might exist, because the outcome of the request is unknown.{no_look}\n\n{check}\n\n{}",
            cause(why)
        ),
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

    /// A create that is answered and listed as told, the first answer first.
    struct Told {
        answers: Vec<Option<u16>>,
        listed: Option<Vec<u8>>,
        passing: u32,
        sent: u32,
    }

    impl Creation for &mut Told {
        type Made = &'static str;
        type Found = u8;

        async fn send(&mut self) -> StdResult<&'static str, Error> {
            self.sent += 1;
            match self.answers.remove(0) {
                Some(status) => Err(refused(status)),
                None => Ok("made"),
            }
        }

        async fn find(&self) -> StdResult<Option<Vec<u8>>, Error> {
            Ok(self.listed.clone())
        }

        async fn settle(
            &mut self,
            found: Vec<u8>,
            error: &Error,
            attempts: &CreateAttempts,
        ) -> Result<Option<&'static str>> {
            assert_eq!((found, attempts.prove_ours(error)), (vec![7], false));
            Ok(Some("found"))
        }

        async fn passes(&mut self, error: &Error) -> bool {
            error.status() == Some(402) && self.sent <= self.passing
        }

        fn unknown_outcome(&self, _: &Error, _: Option<&Error>) -> Diagnostic {
            Diagnostic::error("unknown", "")
        }
    }

    /// What comes of a create, and how often it was sent.
    async fn outcome(answers: &[Option<u16>], listed: Option<Vec<u8>>) -> (String, u32) {
        let mut told = Told { answers: answers.to_vec(), listed, passing: 2, sent: 0 };
        let came = create_or_find(&org(2), &mut told).await;
        let came = came.map(str::to_owned);
        let came = came.unwrap_or_else(|told| told.iter().map(|it| it.summary.clone()).collect());
        (came, told.sent)
    }

    #[tokio::test(start_paused = true)]
    async fn create_retries_only_after_list_without_object() {
        let empty = || Some(Vec::new());
        assert_eq!(outcome(&[None], None).await, ("made".into(), 1));
        assert_eq!(outcome(&[Some(500), None], empty()).await, ("made".into(), 2));
        assert_eq!(outcome(&[Some(500)], Some(vec![7])).await, ("found".into(), 1));
        assert_eq!(outcome(&[Some(500)], None).await, ("unknown".into(), 1));
        let (_, sent) = outcome(&[Some(500); 9], empty()).await;
        assert_eq!(sent, 3, "as often as other requests");
    }

    #[tokio::test(start_paused = true)]
    async fn rejected_create_retries_only_if_transient() {
        let listed = || Some(vec![7]);
        assert_eq!(outcome(&[Some(422)], listed()).await.1, 1);
        assert_eq!(outcome(&[Some(409)], listed()).await.1, 1);
        assert_eq!(outcome(&[Some(402), Some(402), None], listed()).await, ("made".into(), 3));
        assert_eq!(outcome(&[Some(402); 9], listed()).await.1, 3);
    }

    #[tokio::test(start_paused = true)]
    async fn conflict_after_lost_response_needs_list() {
        let mut told =
            Told { answers: vec![Some(500), Some(409)], listed: Some(vec![]), passing: 0, sent: 0 };
        let creation = &mut told;
        assert!(!creation.needs_list(&refused(409), &CreateAttempts::new(&org(2))));
        let mut attempts = CreateAttempts::new(&org(2));
        attempts.retry_or_fail(&org(2), refused(500)).unwrap();
        assert!(creation.needs_list(&refused(409), &attempts));
        assert!(!creation.needs_list(&refused(422), &attempts));
    }
}
