//! [`Throttle`]: delays each attempt. An attempt waits for a slot, because the number of concurrent
//! requests is limited. After a 429 response it also waits for its turn.
//!
//! If only the rejected request waited, the other requests would continue and be rejected too. A
//! request that is rejected often enough then fails. Therefore all requests share the pause. After
//! it, requests start one by one, separated by a gap. The gap doubles with each 429 and shrinks
//! with each other response, until it is negligible. Before the first 429, no request waits for a
//! turn.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::request::ApiRequest;
use super::{Error, Trace};

/// Gap after the first 429. At the shortest gap, the throttle stops spacing requests.
const FIRST_GAP: Duration = Duration::from_millis(10);
const SHORTEST_GAP: Duration = Duration::from_millis(1);
const LONGEST_GAP: Duration = Duration::from_millis(250);

/// Number of unused turns that can be taken later, all at once. Rate limits allow a burst after a
/// quiet period, and Terraform sends bursts.
const SAVED: u32 = 50;

/// Each response reduces the gap by this fraction, so 177 responses halve it. If the gap shrank
/// faster, many requests would be pending when the limit is reached again. If it shrank more
/// slowly, a lifted limit would delay requests for a long time.
const SHRINK: u32 = 256;

/// State that all requests to one host share.
pub(super) struct Throttle {
    /// One permit for each concurrent request.
    slots: Semaphore,
    /// Held by the next attempt until its turn comes. The other attempts wait for it in a queue.
    queue: tokio::sync::Mutex<()>,
    turns: Mutex<Turns>,
}

#[derive(Default)]
struct Turns {
    /// Earliest start of the next attempt. `None`: at any time.
    next: Option<Instant>,
    /// Time between the starts of two attempts.
    gap: Duration,
    /// End of the last pause. 429 responses before it belong to the same overload.
    rest_until: Option<Instant>,
}

impl Throttle {
    /// Creates a throttle with this maximum number of concurrent requests.
    pub(super) fn new(max_concurrent_requests: usize) -> Self {
        Self {
            slots: Semaphore::new(max_concurrent_requests.clamp(1, 1024)),
            queue: tokio::sync::Mutex::default(),
            turns: Mutex::default(),
        }
    }

    /// Waits until an attempt can start. The attempt holds the slot until it ends.
    ///
    /// # Errors
    /// Returns [`Error::Stopped`] if the run is canceled. Returns the 429 that other requests
    /// received if the API accepts no request before `until`.
    pub(super) async fn acquire(
        &self,
        call: &ApiRequest,
        until: Option<Instant>,
        stop: &CancellationToken,
    ) -> Result<SemaphorePermit<'_>, Error> {
        let wait = async {
            let slot = match self.slots.try_acquire() {
                Ok(slot) => slot,
                Err(_) => self.slots.acquire().await.map_err(|_closed| stopped(call))?,
            };
            // Waits for the turn after the slot, so that a turn is used as soon as it is taken.
            if self.turn(until).await { Ok(slot) } else { Err(rate_limited(call)) }
        };
        tokio::select! {
            biased;
            acquired = wait => acquired,
            () = stop.cancelled() => Err(stopped(call)),
        }
    }

    /// Waits for the turn of an attempt. Returns `false` if the turn would be after `until`.
    async fn turn(&self, until: Option<Instant>) -> bool {
        let too_late = |at: Instant| until.is_some_and(|until| at > until);
        let next = self.turns().next;
        match next {
            None => return true,
            Some(at) if too_late(at) => return false,
            Some(_) => {}
        }
        let in_turn = async {
            let _next = self.queue.lock().await;
            // Checks again after each wait, because the pause might have become longer.
            while let Err(at) = self.take() {
                if too_late(at) {
                    return false;
                }
                sleep_until(at).await;
            }
            true
        };
        match until {
            Some(until) => timeout_at(until, in_turn).await.unwrap_or(false),
            None => in_turn.await,
        }
    }

    /// Records a 429: no attempt starts for `rest`.
    pub(super) fn on_rate_limited(&self, rest: Duration) {
        let (now, mut turns) = (Instant::now(), self.turns());
        if turns.rest_until.is_none_or(|end| end <= now) {
            turns.gap = (turns.gap * 2).clamp(FIRST_GAP, LONGEST_GAP);
        }
        let end = turns.rest_until.max(now.checked_add(rest));
        turns.rest_until = end;
        turns.next = turns.next.max(end);
    }

    /// Records any other response.
    pub(super) fn on_response(&self) {
        let mut turns = self.turns();
        let gap = turns.gap * (SHRINK - 1) / SHRINK;
        turns.gap = if gap < SHORTEST_GAP { Duration::ZERO } else { gap };
    }

    /// Takes the current turn, or returns the time of the next turn.
    fn take(&self) -> Result<(), Instant> {
        let (now, mut turns) = (Instant::now(), self.turns());
        let Some(at) = turns.next else { return Ok(()) };
        if at > now {
            return Err(at);
        }
        // Counted from the time when the turn was due. Otherwise late timers would slow all
        // requests down.
        let oldest = now.checked_sub(turns.gap * SAVED).unwrap_or(now);
        turns.next = (!turns.gap.is_zero()).then(|| (at + turns.gap).max(oldest));
        Ok(())
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Returns the 429 that the API sent to other requests and would send to this one.
fn rate_limited(call: &ApiRequest) -> Error {
    let message = "request not sent: the API rate-limited other requests, and its `Retry-After` ends \
                   after the deadline of this request";
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

/// Returns the error for a request that was not sent because the run was canceled.
pub(super) fn stopped(call: &ApiRequest) -> Error {
    Error::Stopped { method: call.verb.as_str(), path: call.path() }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use tokio::task::JoinSet;
    use tokio::time::sleep;

    use serde_json::Value;

    use super::super::Settings;
    use super::super::testing::*;
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    /// Returns when each of `count` simultaneous attempts starts, in milliseconds from now.
    async fn through(throttle: &Arc<Throttle>, count: usize) -> Vec<u128> {
        let begin = Instant::now();
        let mut all = JoinSet::new();
        for _ in 0..count {
            let throttle = Arc::clone(throttle);
            all.spawn(async move {
                assert!(throttle.turn(None).await);
                begin.elapsed().as_millis()
            });
        }
        all.join_all().await
    }

    #[tokio::test(start_paused = true)]
    async fn requests_without_rate_limit_never_wait() {
        let throttle = Arc::new(Throttle::new(16));
        throttle.on_response();
        assert_eq!(through(&throttle, 100).await, [0; 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn rate_limit_delays_all_requests_then_paces_them() {
        let throttle = Arc::new(Throttle::new(16));
        throttle.on_rate_limited(SECOND);
        assert_eq!(through(&throttle, 4).await, [1000, 1010, 1020, 1030]);
    }

    #[tokio::test(start_paused = true)]
    async fn longer_pause_extends_waits_already_started() {
        let throttle = Arc::new(Throttle::new(16));
        throttle.on_rate_limited(SECOND);
        let (times, ()) = tokio::join!(through(&throttle, 2), async {
            sleep(SECOND / 2).await;
            throttle.on_rate_limited(SECOND);
        });
        assert_eq!(times, [1500, 1510]);
    }

    #[tokio::test(start_paused = true)]
    async fn shorter_pause_never_shortens_longer_one() {
        let throttle = Arc::new(Throttle::new(16));
        throttle.on_rate_limited(SECOND * 9);
        throttle.on_rate_limited(SECOND);
        assert_eq!(through(&throttle, 1).await, [9000]);
    }

    #[tokio::test(start_paused = true)]
    async fn one_overload_widens_interval_only_once() {
        let throttle = Arc::new(Throttle::new(16));
        for _ in 0..16 {
            throttle.on_rate_limited(SECOND);
        }
        assert_eq!(through(&throttle, 2).await, [1000, 1010]);
        sleep(SECOND).await;
        throttle.on_rate_limited(SECOND);
        assert_eq!(through(&throttle, 2).await, [1000, 1020]);
    }

    #[tokio::test(start_paused = true)]
    async fn interval_is_capped_and_shrinks_with_responses() {
        let throttle = Arc::new(Throttle::new(16));
        for _ in 0..99 {
            throttle.on_rate_limited(Duration::ZERO);
        }
        assert_eq!(through(&throttle, 3).await, [0, 250, 500]);
        for _ in 0..1500 {
            throttle.on_response();
        }
        through(&throttle, 1).await;
        assert_eq!(through(&throttle, 100).await, [0; 100]);
    }

    #[tokio::test(start_paused = true)]
    async fn unused_slots_accumulate_up_to_burst_limit() {
        let throttle = Arc::new(Throttle::new(16));
        throttle.on_rate_limited(SECOND);
        sleep(SECOND * 9).await;
        let times = through(&throttle, 60).await;
        assert_eq!(times[..50], [0; 50]);
        assert!(times[59] > 50, "{times:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn slot_after_deadline_fails_without_waiting() {
        let (throttle, begin) = (Throttle::new(16), Instant::now());
        throttle.on_rate_limited(SECOND * 30);
        let hasty = async {
            let passed = throttle.turn(Some(begin + SECOND * 20)).await;
            (passed, begin.elapsed())
        };
        assert_eq!(tokio::join!(throttle.turn(None), hasty), (true, (false, Duration::ZERO)));
    }

    #[tokio::test(start_paused = true)]
    async fn deadline_ends_long_wait_and_queue_continues() {
        let (throttle, begin) = (Throttle::new(16), Instant::now());
        throttle.on_rate_limited(SECOND);
        let timed = async |until| (throttle.turn(until).await, begin.elapsed());
        let (first, second, third, ()) =
            tokio::join!(timed(None), timed(Some(begin + SECOND * 2)), timed(None), async {
                sleep(SECOND / 2).await;
                throttle.on_rate_limited(SECOND * 30);
            });
        let end = SECOND / 2 + SECOND * 30;
        assert_eq!([first, second], [(true, end), (false, SECOND * 2)]);
        assert_eq!(third, (true, end + FIRST_GAP));
    }

    /// Sends this number of requests, sixteen at a time and 20 ms each, to a server that accepts
    /// 100 per second. Returns the number of rejected requests, and the total duration.
    async fn under_a_limit(requests: usize, throttle: Arc<Throttle>) -> (usize, Duration) {
        let begin = Instant::now();
        let (left, refused) = (Arc::new(Mutex::new((100.0, begin))), Arc::new(Mutex::new(0)));
        let permits = Arc::new(Semaphore::new(16));
        let mut all = JoinSet::new();
        for _ in 0..requests {
            let (throttle, left) = (Arc::clone(&throttle), Arc::clone(&left));
            let (refused, permits) = (Arc::clone(&refused), Arc::clone(&permits));
            all.spawn(async move {
                loop {
                    let permit = permits.acquire().await.unwrap();
                    throttle.turn(None).await;
                    sleep(Duration::from_millis(20)).await;
                    let taken = {
                        let (mut left, now) = (left.lock().unwrap(), Instant::now());
                        let filled = (now - left.1).as_secs_f64() * 100.0;
                        *left = (100.0_f64.min(left.0 + filled), now);
                        let taken = left.0 >= 1.0;
                        left.0 -= if taken { 1.0 } else { 0.0 };
                        taken
                    };
                    if taken {
                        return throttle.on_response();
                    }
                    throttle.on_rate_limited(SECOND);
                    *refused.lock().unwrap() += 1;
                    drop(permit);
                    sleep(SECOND).await;
                }
            });
        }
        while all.join_next().await.is_some() {}
        let refused = *refused.lock().unwrap();
        (refused, begin.elapsed())
    }

    #[tokio::test(start_paused = true)]
    async fn throttle_wastes_few_requests_and_little_time() {
        let (refused, took) = under_a_limit(2000, Arc::new(Throttle::new(16))).await;
        // The first 100 requests are not limited, so the minimum is 19 seconds.
        assert!(refused <= 60 && took < SECOND * 21, "{refused} refused, {took:?}");
    }

    #[tokio::test]
    async fn concurrent_requests_never_exceed_limit() {
        let delete = |number| format!("DELETE ./users/{}", user_id(number));
        let (first, release) = on(&delete(1), 204, &Value::Null).held();
        let server = Server::signed_in([first, on(&delete(2), 204, &Value::Null)]).await;
        let org = org(Settings { max_concurrent_requests: 1, ..server.settings() });
        let stop = CancellationToken::new();
        let (stopping, one, two) = (org.with_cancellation(stop.clone()), user_id(1), user_id(2));
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
    async fn rate_limit_of_one_request_delays_others() {
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
    async fn cancellation_ends_throttle_wait_immediately() {
        let (org, stop) = (org(settings("https://anaconda.invalid")), CancellationToken::new());
        org.inner.throttle.on_rate_limited(Duration::from_secs(60));
        let (begin, stopping) = (Instant::now(), org.with_cancellation(stop.clone()));
        let (stopped, ()) = tokio::join!(stopping.users(), async {
            sleep(Duration::from_secs(1)).await;
            stop.cancel();
        });
        assert!(matches!(stopped, Err(Error::Stopped { .. })), "{stopped:?}");
        assert_eq!(begin.elapsed().as_secs(), 1);
    }
}
