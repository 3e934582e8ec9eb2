//! [`ListPoll`]: when to list again after a response was lost, or a list might be stale.

use std::time::Duration;

use tokio::time::Instant;

use super::retry::Until;
use super::{Error, Org, retry};

/// The most pauses between polls: half a second, doubled each time, 15 seconds in total.
const MOST: u32 = 5;

/// Polls a list that might be stale: once immediately, and again after growing pauses. A handle with
/// few retries polls less often.
#[derive(Debug)]
pub struct ListPoll<'a> {
    org: &'a Org,
    pauses: std::vec::IntoIter<Duration>,
    begun: bool,
    interrupted: bool,
}

impl Org {
    /// How often a request is sent again at most. Without end where a time was set for it.
    #[must_use]
    pub fn max_retries(&self) -> u32 {
        if self.until.is_some_and(Until::is_meant) { u32::MAX } else { self.inner.pace.max_retries }
    }

    /// Starts polling a list. It ends when the run is canceled, or the deadline of this handle passes.
    #[must_use]
    pub fn list_poll(&self) -> ListPoll<'_> {
        let pace = self.inner.pace;
        let count = self.max_retries().saturating_add(1).min(MOST);
        let pause = |nth| pace.first.saturating_mul(2_u32.saturating_pow(nth));
        let pauses: Vec<_> = (0..count).map(pause).collect();
        ListPoll { org: self, pauses: pauses.into_iter(), begun: false, interrupted: false }
    }

    /// Polls until the result is `enough`, or no poll is left: then returns the last result. `look` must
    /// fetch the list each time.
    ///
    /// # Errors
    /// Returns [`Error::PollInterrupted`] if polling ended early, or the error of the last poll.
    pub async fn poll_until<T, F: Future<Output = Result<T, Error>>>(
        &self,
        look: impl Fn() -> F,
        enough: impl Fn(&T) -> bool,
    ) -> Result<T, Error> {
        let mut poll = self.list_poll();
        let mut last = Err(Error::PollInterrupted);
        while poll.next().await {
            last = look().await;
            if last.as_ref().is_ok_and(&enough) {
                return last;
            }
        }
        if poll.interrupted { Err(Error::PollInterrupted) } else { last }
    }

    /// Waits, if this handle's time allows it. `false`: it does not, or the run was canceled.
    pub async fn pause(&self, pause: Duration) -> bool {
        self.has_time_for(pause) && retry::pause(pause, &self.stop).await
    }

    /// Whether the waits of this handle were canceled.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.is_cancelled()
    }

    /// Whether this handle may go on: nobody stopped it, and its time is not over.
    #[must_use]
    pub fn may_go_on(&self) -> bool {
        !self.stop.is_cancelled() && self.has_time_for(Duration::ZERO)
    }

    fn has_time_for(&self, wait: Duration) -> bool {
        self.until.and_then(Until::time).is_none_or(|time| Instant::now() + wait < time)
    }
}

impl ListPoll<'_> {
    /// Waits for the next look. `false`: there is none.
    pub async fn next(&mut self) -> bool {
        if !self.begun {
            self.begun = true;
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

    /// How many looks there are, how many seconds they take together, and whether they were cut
    /// short.
    async fn taken(org: &Org) -> (u32, f64, bool) {
        let (begin, count) = (Instant::now(), AtomicU32::new(0));
        let look = || async { Ok(count.fetch_add(1, Ordering::Relaxed)) };
        let cut = org.poll_until(look, |_| false).await.is_err();
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
        let look = || async {
            match count.fetch_add(1, Ordering::Relaxed) {
                0 => Err(Error::EmptyOrganization),
                seen => Ok(seen),
            }
        };
        assert_eq!(org.poll_until(look, |seen| *seen == 2).await.unwrap(), 2);
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
