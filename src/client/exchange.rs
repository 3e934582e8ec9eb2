//! Carries a [`Call`] out: a bearer, attempts, and the answer or an error that tells what is known.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::answer::{self, Refusal};
use super::call::Call;
use super::http::{self, Answer, Failure, Outcome};
use super::retry::{self, Repeat};
use super::{Error, Grant, Org};
use crate::secret::Secret;

impl Org {
    /// Sends a call, and reads what its success brings.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        grant: Grant,
        call: Call,
    ) -> Result<T, Error> {
        let answer = self.send(grant, &call).await?;
        answer::read(&call, &answer, &self.inner.known)
    }

    /// Sends a call whose success has nothing to read.
    pub(super) async fn carry_out(&self, grant: Grant, call: Call) -> Result<(), Error> {
        let answer = self.send(grant, &call).await?;
        answer::read_nothing(&call, &answer)
    }

    /// Sends a call: the answer of a success, or [`Error::Api`].
    pub(super) async fn send(&self, grant: Grant, call: &Call) -> Result<Answer, Error> {
        let answer = self.signed(grant, call).await?;
        if answer.is_success() {
            return Ok(answer);
        }
        let status = answer.status;
        Err(Refusal::of(&answer, &self.inner.known).into_error(call, status))
    }

    /// Sends a call with a bearer. A bearer that is refused is replaced once: it may have been
    /// revoked, or the clocks differ. A 401 means that nothing was carried out, so a POST may be
    /// sent again too.
    pub(super) async fn signed(&self, grant: Grant, call: &Call) -> Result<Answer, Error> {
        let bearer = self.bearer(grant).await?;
        let answer = self.exchange(call, Some(&bearer.token)).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        let bearer = self.bearer_after(grant, &bearer).await?;
        self.exchange(call, Some(&bearer.token)).await
    }

    /// Sends a call as often as needed and allowed. Any status that is not a gateway's counts as
    /// an answer.
    pub(super) async fn exchange(
        &self,
        call: &Call,
        bearer: Option<&Secret>,
    ) -> Result<Answer, Error> {
        let mut attempt = 1;
        loop {
            let outcome = self.attempt(call, bearer, attempt).await?;
            let Some(delay) = self.inner.pace.delay(call.repeat, attempt, &outcome) else {
                return conclude(call, attempt, outcome);
            };
            if !retry::pause(delay, &self.stop).await {
                return Err(stopped(call));
            }
            attempt += 1;
        }
    }

    async fn attempt(
        &self,
        call: &Call,
        bearer: Option<&Secret>,
        attempt: u32,
    ) -> Result<Outcome, Error> {
        // Held for one attempt, not through the pauses between them.
        let _permit = self.permit(call).await?;
        let begin = Instant::now();
        let outcome = self.inner.http.send(call, bearer).await?;
        tracing::debug!(
            method = call.verb.as_str(),
            path = call.url.path(),
            status = outcome.as_ref().map_or(0, |answer| answer.status),
            duration_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempt,
            "API request"
        );
        Ok(outcome)
    }

    async fn permit(&self, call: &Call) -> Result<SemaphorePermit<'_>, Error> {
        let permits = &self.inner.http.permits;
        if let Ok(permit) = permits.try_acquire() {
            return Ok(permit);
        }
        tokio::select! {
            biased;
            () = self.stop.cancelled() => Err(stopped(call)),
            permit = permits.acquire() => permit.map_err(|_closed| stopped(call)),
        }
    }
}

/// What the last attempt of a call means.
fn conclude(call: &Call, attempts: u32, outcome: Outcome) -> Result<Answer, Error> {
    let (method, path) = (call.verb.as_str(), call.path());
    let harmful = call.repeat == Repeat::Harmful;
    match outcome {
        // A 503 that says when to come back was surely not carried out; the others may have been.
        Ok(Answer { status, retry_after, .. })
            if harmful
                && (matches!(status, 502 | 504) || status == 503 && retry_after.is_none()) =>
        {
            let why = format!("answered {status}, as a gateway does that may have passed it on");
            Err(Error::OutcomeUnknown { method, path, why, source: None })
        }
        Ok(answer) => Ok(answer),
        Err(Failure::Lost(source)) if harmful => {
            let why = "the connection broke, or time ran out, before the answer was there";
            let source = Some(Arc::new(source));
            Err(Error::OutcomeUnknown { method, path, why: why.to_owned(), source })
        }
        Err(Failure::Lost(source) | Failure::NotConnected { source, .. }) => {
            let source = Arc::new(source);
            Err(Error::Unreachable { method, path, host: call.host(), attempts, source })
        }
        Err(Failure::TooLarge) => Err(Error::TooLarge { method, path, limit: http::LARGEST }),
    }
}

fn stopped(call: &Call) -> Error {
    Error::Stopped { method: call.verb.as_str(), path: call.path() }
}
