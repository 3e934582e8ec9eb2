//! What an attempt waits for before it begins: a permit, and its turn where the API has too many
//! requests. A stop ends both waits.

use tokio::sync::SemaphorePermit;
use tokio::time::Instant;

use super::call::Call;
use super::{Error, Org, Trace};

impl Org {
    /// Waits until an attempt may begin. It holds the permit until it has ended.
    ///
    /// # Errors
    /// [`Error::Stopped`], or the 429 that all get where the API wants no request before `until`.
    pub(super) async fn admit(
        &self,
        call: &Call,
        until: Option<Instant>,
    ) -> Result<SemaphorePermit<'_>, Error> {
        let permits = &self.inner.http.permits;
        let wait = async {
            let permit = match permits.try_acquire() {
                Ok(permit) => permit,
                Err(_) => permits.acquire().await.map_err(|_closed| stopped(call))?,
            };
            // After the permit: a turn that was taken is used at once.
            if self.inner.gate.pass(until).await { Ok(permit) } else { Err(held_back(call)) }
        };
        tokio::select! {
            biased;
            admitted = wait => admitted,
            () = self.stop.cancelled() => Err(stopped(call)),
        }
    }
}

/// The answer that the API gave to others, and would give to this call.
fn held_back(call: &Call) -> Error {
    let message = "not sent: the API answered others that requests are too many, and the pause that \
                   it asked for ends after the time that this call has";
    Error::Api {
        method: call.verb.as_str(),
        path: call.path(),
        status: 429,
        code: None,
        message: message.to_owned(),
        fields: Vec::new(),
        documented: false,
        trace: Trace::default(),
    }
}

/// The run was asked to stop before the call was sent.
pub(super) fn stopped(call: &Call) -> Error {
    Error::Stopped { method: call.verb.as_str(), path: call.path() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::Value;
    use tokio_util::sync::CancellationToken;

    use super::super::Settings;
    use super::super::testing::*;
    use super::*;

    #[tokio::test]
    async fn no_more_requests_are_on_their_way_than_allowed() {
        let delete = |number| format!("DELETE ./users/{}", user_id(number));
        let (first, release) = on(&delete(1), 204, &Value::Null).held();
        let server = Server::signed_in([first, on(&delete(2), 204, &Value::Null)]).await;
        let org = org(Settings { max_concurrent_requests: 1, ..server.settings() });
        let stop = CancellationToken::new();
        let (stopping, one, two) = (org.with_stop(stop.clone()), user_id(1), user_id(2));
        let (a, b, c, ()) = tokio::join!(
            org.remove_user(&one),
            org.remove_user(&two),
            stopping.remove_user(&two),
            async {
                server.wait_for(2).await;
                stop.cancel();
                assert_eq!(server.seen().len(), 2, "the second waits for the first");
                release.send(()).unwrap();
            }
        );
        assert!(a.is_ok() && b.is_ok());
        assert!(matches!(c, Err(Error::Stopped { .. })), "{c:?}");
    }

    #[tokio::test]
    async fn what_one_request_was_refused_for_holds_back_the_others() {
        let delete = format!("DELETE ./users/{}", user_id(1));
        let later = on_raw(&delete, 429, "retry-after: 50\r\n", b"");
        let server = Server::signed_in([later]).await;
        let org = org(Settings { max_retries: 0, ..server.settings() });
        let error = org.remove_user(&user_id(1)).await.unwrap_err();
        assert_eq!(error.status(), Some(429));
        let error = org.within(Duration::from_secs(20)).remove_user(&user_id(2)).await.unwrap_err();
        assert_eq!((error.status(), error.outcome_unknown()), (Some(429), false));
        assert!(error.to_string().contains("not sent"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_the_wait_for_a_turn_at_once() {
        let (org, stop) = (org(settings("https://anaconda.invalid")), CancellationToken::new());
        org.inner.gate.refused(Duration::from_secs(60));
        let (begin, stopping) = (Instant::now(), org.with_stop(stop.clone()));
        let (stopped, ()) = tokio::join!(stopping.users(), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.cancel();
        });
        assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
        assert_eq!(begin.elapsed().as_secs(), 1);
    }
}
