//! Recovery of a create request with an unknown outcome.
//!
//! The API might have processed a POST whose response was lost, came from a gateway, or was a
//! server failure. Such a request is never simply retried: **a list decides**. The provider polls
//! the list with growing pauses ([`Org::poll_until`]), because the list can be stale. An object
//! that the list shows was created. A request whose object is certainly missing is sent again, as
//! often as other requests are retried. If no list can decide, an error says what might exist and
//! how to check it.
//!
//! [`create_or_find`] implements this policy. A [`Creation`] contains what differs between kinds of
//! objects.
//!
//! # Ownership
//!
//! Two runs can change one organization at the same time, and both can lose responses. So an object
//! that was not there before might belong to the other run. A create deletes or revokes an object
//! without asking only if the object certainly belongs to this run:
//!
//! * The response itself proves that the request was processed ([`Error::was_processed`]), and
//!   exactly one object appeared.
//! * The object has a mark that no other run can have set: the random suffix of a name, or the
//!   random expiration date of a token that is about to be synced.
//! * The user allowed revoking it, whoever issued it (`revoke_existing = true`).
//!
//! Any other object that is useless without its secret is saved in the state without the secret,
//! together with an error. Terraform then marks it as tainted, so that a person sees it before the
//! next apply replaces it. Several objects that cannot be told apart are left unchanged and named
//! in the error.
//!
//! Users and seats have no secret, so adopting one that appeared revokes nothing and needs no mark.
//! Inside one process, a lock for each name keeps two creates from adopting the same object.
//!
//! Source: Organization Management API 1.0.0, which has no idempotency key for a POST.

use std::result::Result as StdResult;

use crate::client::{Error, Org};
use crate::provider_data::cause;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};

/// One kind of create request, and the way to find out whether it was processed.
pub(super) trait Creation: Send {
    /// The result of the create.
    type Made: Send;
    /// An object in the list that might be the result.
    type Found: Send;

    /// Sends the request.
    fn send(&mut self) -> impl Future<Output = StdResult<Self::Made, Error>> + Send;

    /// Returns the objects in a fresh list that the request might have created, or `None` if this
    /// deployment has no such list.
    fn find(&self) -> impl Future<Output = StdResult<Option<Vec<Self::Found>>, Error>> + Send;

    /// Decides about the objects that were found.
    ///
    /// Returns `None` if the object belonged to this run and was deleted, so that the request is
    /// sent again.
    ///
    /// # Errors
    /// Returns an error if the provider cannot tell to whom an object belongs.
    fn settle(
        &mut self,
        found: Vec<Self::Found>,
        error: &Error,
        attempts: &CreateAttempts,
    ) -> impl Future<Output = Result<Option<Self::Made>>> + Send;

    /// Decides if this deployment has no list. Returns `None` to send the request again.
    ///
    /// # Errors
    /// Returns an error if the provider cannot tell whether the object exists.
    fn unlisted(&mut self, error: &Error, _: &CreateAttempts) -> Result<Option<Self::Made>> {
        Err(self.unknown_outcome(error, None).into())
    }

    /// Reports whether a list must decide about this failure.
    fn needs_list(&self, error: &Error, attempts: &CreateAttempts) -> bool {
        error.outcome_unknown() || (attempts.lost_before() && error.is_conflict())
    }

    /// Waits after a transient rejection, and reports whether to retry.
    fn passes(&mut self, _: &Error) -> impl Future<Output = bool> + Send {
        std::future::ready(false)
    }

    /// Returns the error for a request whose outcome stays unknown.
    fn unknown_outcome(&self, error: &Error, no_list: Option<&Error>) -> Diagnostic;

    /// Returns the error for a rejection.
    fn refused(&mut self, error: Error) -> impl Future<Output = Diagnostics> + Send {
        std::future::ready(error.into())
    }
}

/// Sends a create request. If its outcome is unknown, finds out whether it was processed.
///
/// # Errors
/// Returns an error if the API rejects the request, or if a response was lost and the outcome stays
/// unknown.
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

/// The remaining attempts of one create, and the outcome of the earlier ones.
#[derive(Debug)]
pub(super) struct CreateAttempts {
    remaining: u32,
    lost: bool,
    in_doubt: bool,
}

impl CreateAttempts {
    /// Returns the attempts before the first request.
    fn new(org: &Org) -> Self {
        Self { remaining: org.max_retries(), lost: false, in_doubt: false }
    }

    /// Reports whether the response to an earlier attempt was lost.
    pub(super) fn lost_before(&self) -> bool {
        self.lost
    }

    /// Reports whether an object that appeared after this failure certainly belongs to this run.
    ///
    /// It does if the response says that the request was processed, and no earlier attempt might
    /// have been processed without proof.
    pub(super) fn proves_creation(&self, error: &Error) -> bool {
        error.was_processed() && !self.in_doubt
    }

    /// Allows one more attempt after polling found no object.
    ///
    /// # Errors
    /// Returns `error` itself if no attempt is left, or if the client must not retry any more.
    fn retry_or_fail(&mut self, org: &Org, error: Error) -> StdResult<(), Error> {
        if !error.outcome_unknown() || self.remaining == 0 || !org.may_go_on() {
            return Err(error);
        }
        tracing::info!(%error, "retrying request: object not found in list");
        self.remaining -= 1;
        self.lost = true;
        self.in_doubt |= !error.was_processed();
        Ok(())
    }
}

/// Returns the error for a write with an unknown outcome.
///
/// `what` might exist; `check` says how to find out.
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

    /// A create with scripted responses and a scripted list. The responses are used in order.
    struct ScriptedCreate {
        statuses: Vec<Option<u16>>,
        listed: Option<Vec<u8>>,
        passing: u32,
        sent: u32,
    }

    impl Creation for &mut ScriptedCreate {
        type Made = &'static str;
        type Found = u8;

        async fn send(&mut self) -> StdResult<&'static str, Error> {
            self.sent += 1;
            match self.statuses.remove(0) {
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
            assert_eq!((found, attempts.proves_creation(error)), (vec![7], false));
            Ok(Some("found"))
        }

        async fn passes(&mut self, error: &Error) -> bool {
            error.status() == Some(402) && self.sent <= self.passing
        }

        fn unknown_outcome(&self, _: &Error, _: Option<&Error>) -> Diagnostic {
            Diagnostic::error("unknown", "")
        }
    }

    /// Returns the result of a create, and the number of requests that were sent.
    async fn outcome(statuses: &[Option<u16>], listed: Option<Vec<u8>>) -> (String, u32) {
        let mut create =
            ScriptedCreate { statuses: statuses.to_vec(), listed, passing: 2, sent: 0 };
        let came = create_or_find(&org(2), &mut create).await;
        let came = came.map(str::to_owned);
        let came =
            came.unwrap_or_else(|create| create.iter().map(|it| it.summary.clone()).collect());
        (came, create.sent)
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
        let mut create = ScriptedCreate {
            statuses: vec![Some(500), Some(409)],
            listed: Some(vec![]),
            passing: 0,
            sent: 0,
        };
        let creation = &mut create;
        assert!(!creation.needs_list(&refused(409), &CreateAttempts::new(&org(2))));
        let mut attempts = CreateAttempts::new(&org(2));
        attempts.retry_or_fail(&org(2), refused(500)).unwrap();
        assert!(creation.needs_list(&refused(409), &attempts));
        assert!(!creation.needs_list(&refused(422), &attempts));
    }
}
