//! [`ListPoll`]: when to list again after a response was lost, or a list might be stale.

use std::time::Duration;

use tokio::time::Instant;

use super::retry::Until;
use super::{Error, Org, retry};

/// Maximum number of pauses between polls: half a second, doubled each time, 15 seconds in total.
const MAX_PAUSES: u32 = 5;

/// Poll of a list that might be stale: the first request is sent immediately, the others after
/// growing pauses. A handle with few retries polls less often.
#[derive(Debug)]
pub struct ListPoll<'a> {
    org: &'a Org,
    pauses: std::vec::IntoIter<Duration>,
    started: bool,
    interrupted: bool,
}

impl Org {
    /// Returns the maximum number of retries of a request. Unlimited if a deadline was set with
    /// [`Org::within`].
    #[must_use]
    pub fn max_retries(&self) -> u32 {
        if self.until.is_some_and(Until::is_meant) { u32::MAX } else { self.inner.pace.max_retries }
    }

    /// Starts polling a list. Polling ends when the run is canceled, or the deadline of this handle
    /// passes.
    #[must_use]
    pub fn list_poll(&self) -> ListPoll<'_> {
        let pace = self.inner.pace;
        let count = self.max_retries().saturating_add(1).min(MAX_PAUSES);
        let pause = |nth| pace.first.saturating_mul(2_u32.saturating_pow(nth));
        let pauses: Vec<_> = (0..count).map(pause).collect();
        ListPoll { org: self, pauses: pauses.into_iter(), started: false, interrupted: false }
    }

    /// Polls until the result is `enough`, or until no poll remains. Then returns the last result.
    /// `fetch` must request the list each time.
    ///
    /// # Errors
    /// Returns [`Error::PollInterrupted`] if polling ended early, or the error of the last poll.
    pub async fn poll_until<T, F: Future<Output = Result<T, Error>>>(
        &self,
        fetch: impl Fn() -> F,
        enough: impl Fn(&T) -> bool,
    ) -> Result<T, Error> {
        let mut poll = self.list_poll();
        let mut last = Err(Error::PollInterrupted);
        while poll.next().await {
            last = fetch().await;
            if last.as_ref().is_ok_and(&enough) {
                return last;
            }
        }
        if poll.interrupted { Err(Error::PollInterrupted) } else { last }
    }

    /// Waits, if the deadline of this handle allows it. Returns `false` if it does not, or if the
    /// run was canceled.
    pub async fn pause(&self, pause: Duration) -> bool {
        self.has_time_for(pause) && retry::pause(pause, &self.stop).await
    }

    /// Reports whether the waits of this handle were canceled.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Reports whether this handle can continue: it was not canceled, and its deadline has not
    /// passed.
    #[must_use]
    pub fn may_go_on(&self) -> bool {
        !self.stop.is_cancelled() && self.has_time_for(Duration::ZERO)
    }

    fn has_time_for(&self, wait: Duration) -> bool {
        self.until.and_then(Until::time).is_none_or(|time| Instant::now() + wait < time)
    }
}

impl ListPoll<'_> {
    /// Waits for the next poll. Returns `false` if no poll remains.
    pub async fn next(&mut self) -> bool {
        if !self.started {
            self.started = true;
            self.interrupted = !self.org.may_go_on();
            return !self.interrupted;
        }
        let Some(pause) = self.pauses.next() else { return false };
        self.interrupted = !self.org.pause(pause).await;
        !self.interrupted
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use tokio_util::sync::CancellationToken;

    use super::super::testing::settings;
    use super::super::{Org, Settings};
    use super::*;

    fn org(max_retries: u32) -> Org {
        Org::new(Settings { max_retries, ..settings("https://anaconda.invalid") }).unwrap()
    }

    /// Returns the number of polls, their total duration in seconds, and whether they ended early.
    async fn taken(org: &Org) -> (u32, f64, bool) {
        let (begin, count) = (Instant::now(), AtomicU32::new(0));
        let fetch = || async { Ok(count.fetch_add(1, Ordering::Relaxed)) };
        let cut = org.poll_until(fetch, |_| false).await.is_err();
        (count.into_inner(), begin.elapsed().as_secs_f64(), cut)
    }

    #[tokio::test(start_paused = true)]
    async fn polling_takes_fifteen_seconds_or_less_with_few_retries() {
        for (max_retries, count, seconds) in [(0, 2, 0.5), (1, 3, 1.5), (4, 6, 15.5), (9, 6, 15.5)]
        {
            let (looks, took, cut) = taken(&org(max_retries)).await;
            assert!(looks == count && (took - seconds).abs() < 0.1 && !cut, "{looks} {took}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn polling_continues_after_error_until_satisfied() {
        let (org, count) = (org(4), AtomicU32::new(0));
        let fetch = || async {
            match count.fetch_add(1, Ordering::Relaxed) {
                0 => Err(Error::EmptyOrganization),
                seen => Ok(seen),
            }
        };
        assert_eq!(org.poll_until(fetch, |seen| *seen == 2).await.unwrap(), 2);
        let failing =
            org.poll_until(|| async { Err::<(), _>(Error::EmptyOrganization) }, |()| true).await;
        assert!(matches!(failing, Err(Error::EmptyOrganization)), "{failing:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn polling_stops_at_handle_deadline() {
        let (looks, took, cut) = taken(&org(4).within(Duration::from_secs(2))).await;
        assert!(looks == 3 && took < 2.0 && cut, "{looks} {took}");
    }

    #[tokio::test(start_paused = true)]
    async fn cancellation_ends_polling_immediately() {
        let stop = CancellationToken::new();
        let org = org(4).with_cancellation(stop.clone());
        let ((looks, took, cut), ()) = tokio::join!(taken(&org), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.cancel();
        });
        assert!(looks == 2 && took < 1.1 && cut, "{looks} {took}");
        assert_eq!(taken(&org).await, (0, 0.0, true));
    }
}
