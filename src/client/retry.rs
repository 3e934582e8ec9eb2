//! Decides whether a request is retried, and after which delay. [`super::throttle`] covers the
//! rules for all requests together.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::http::{Failure, Outcome};

/// Maximum delay that a server's `Retry-After` can cause.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Jitter added to a `Retry-After`, so that requests with the same value are not retried at the
/// same moment.
const SPREAD: Duration = Duration::from_millis(250);

/// Time between the last attempt and the deadline.
const LAST_ATTEMPT: Duration = Duration::from_millis(500);

/// Limit of the retries of a request.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// A maximum number of retries ([`RetryPolicy::max_retries`]), and an optional deadline.
    Tries(Option<Instant>),
    /// Only this deadline, without a maximum number of retries, because a timeout was set
    /// explicitly.
    Time(Instant),
}

impl Until {
    /// Returns the deadline for retries, if any.
    pub(super) fn time(self) -> Option<Instant> {
        match self {
            Self::Tries(time) => time,
            Self::Time(time) => Some(time),
        }
    }

    /// Reports whether only the deadline counts.
    pub(super) fn is_meant(self) -> bool {
        matches!(self, Self::Time(_))
    }

    fn left(self) -> Option<Duration> {
        self.time().map(|time| time.saturating_duration_since(Instant::now()))
    }
}

/// Effect of a second request: see RFC 9110, section 9.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// Safe (GET, and authentication). Also retried after a server error.
    Safe,
    /// Idempotent (DELETE and PATCH).
    Idempotent,
    /// Non-idempotent (POST). Retried only if the server did not process the request.
    NonIdempotent,
}

/// Decision after an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// Delay before the next attempt. `None`: no further attempt.
    pub(super) delay: Option<Duration>,
    /// Time for which no request at all should be sent, because the API reported that it receives
    /// too many.
    pub(super) rest: Option<Duration>,
}

/// Maximum number of retries of a request, and their intervals.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryPolicy {
    /// Maximum number of retries after the first attempt.
    pub(super) max_retries: u32,
    /// Maximum of the first delay; it doubles with each attempt.
    pub(super) first: Duration,
    /// Limit of the maximum delay.
    pub(super) longest: Duration,
}

impl RetryPolicy {
    /// Returns the policy of the client: delays of up to 0.5, 1, 2, 4 seconds and so on, at most 30
    /// seconds.
    pub(super) fn new(max_retries: u32) -> Self {
        Self { max_retries, first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }

    /// Returns the decision after `outcome`. `attempt` counts from 1.
    pub(super) fn next(
        self,
        idempotency: Idempotency,
        attempt: u32,
        outcome: &Outcome,
        until: Until,
    ) -> Next {
        let requested = requested_delay(outcome);
        let rest = match outcome.as_ref().map_or(0, |answer| answer.status) {
            429 => requested.or_else(|| Some(self.upper_end(attempt))),
            503 => requested,
            _ => None,
        };
        let retries_exhausted = attempt > self.max_retries && !until.is_meant();
        if retries_exhausted || !may_retry(idempotency, outcome) {
            return Next { delay: None, rest };
        }
        let left = until.left();
        let in_time = |delay: &Duration| left.is_none_or(|left| *delay < left);
        if let Some(requested) = requested {
            return Next { delay: Some(requested + jitter(SPREAD)).filter(in_time), rest };
        }
        // "Full jitter": any delay between zero and the maximum.
        let delay = Some(jitter(self.upper_end(attempt))).filter(in_time);
        // If the delay is longer than the remaining time, a deadline that was set explicitly still
        // allows one attempt.
        let shorter = || left?.checked_sub(LAST_ATTEMPT).filter(|_| until.is_meant());
        Next { delay: delay.or_else(shorter), rest }
    }

    fn upper_end(self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

/// Returns the delay that the response requests.
fn requested_delay(outcome: &Outcome) -> Option<Duration> {
    let text = outcome.as_ref().ok()?.retry_after.as_deref()?;
    retry_after(text, Timestamp::now())
}

/// Reports whether the request can be sent again after this outcome.
fn may_retry(idempotency: Idempotency, outcome: &Outcome) -> bool {
    let idempotent = idempotency != Idempotency::NonIdempotent;
    match outcome {
        Ok(answer) => match answer.status {
            429 => true,
            503 => idempotent || answer.retry_after.is_some(),
            status if is_gateway(status) => idempotent,
            500 => idempotency == Idempotency::Safe,
            _ => false,
        },
        // Nothing was sent, so the server cannot have processed the request.
        Err(Failure::NotConnected { permanent, .. }) => !permanent,
        Err(Failure::Lost(_)) => idempotent,
        Err(Failure::TooLarge) => false,
    }
}

/// Reports whether a gateway returns this status if it got no response from a server, or might have
/// forwarded the request. 520 to 524 and 530 belong to Cloudflare, which is in front of the API.
pub(super) fn is_gateway(status: u16) -> bool {
    matches!(status, 502 | 504 | 520..=524 | 530)
}

/// Parses a `Retry-After`: seconds, or an HTTP date. The delay is capped, and a date in the past is
/// no delay.
pub(super) fn retry_after(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if let Ok(seconds) = text.parse() {
        Duration::from_secs(seconds)
    } else {
        let date = DateTimeParser::new().parse_timestamp(text).ok()?;
        Duration::try_from(date.duration_since(now)).unwrap_or_default()
    };
    Some(wait.min(LONGEST_RETRY_AFTER))
}

/// Returns a random duration between zero and `most`.
fn jitter(most: Duration) -> Duration {
    // UUIDs are the only source of randomness in this crate.
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random % most.saturating_add(1))
}

/// Waits. Returns `false` immediately when `stop` is canceled.
pub(super) async fn pause(delay: Duration, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = tokio::time::sleep(delay) => true,
    }
}

#[cfg(test)]
mod tests {
    use super::super::http::ApiResponse;
    use super::*;

    fn answered(status: u16, retry_after: Option<&str>) -> ApiResponse {
        ApiResponse { status, retry_after: retry_after.map(Into::into), ..ApiResponse::default() }
    }

    const TRIES: Until = Until::Tries(None);

    fn repeats(idempotency: Idempotency, outcome: &Outcome) -> bool {
        RetryPolicy::new(4).next(idempotency, 1, outcome, TRIES).delay.is_some()
    }

    #[test]
    fn idempotent_retry_after_overload_and_gateway_errors() {
        for idempotency in [Idempotency::Safe, Idempotency::Idempotent] {
            for status in [429, 502, 503, 504, 520, 521, 522, 523, 524, 530] {
                assert!(repeats(idempotency, &Ok(answered(status, None))), "{status}");
            }
            for status in [200, 301, 400, 401, 402, 404, 409, 422, 501, 525] {
                assert!(!repeats(idempotency, &Ok(answered(status, Some("1")))), "{status}");
            }
        }
    }

    #[test]
    fn safe_retry_after_server_error() {
        assert!(repeats(Idempotency::Safe, &Ok(answered(500, None))));
        assert!(!repeats(Idempotency::Idempotent, &Ok(answered(500, None))));
    }

    #[test]
    fn post_retry_only_if_not_processed() {
        assert!(repeats(Idempotency::NonIdempotent, &Ok(answered(429, None))));
        assert!(repeats(Idempotency::NonIdempotent, &Ok(answered(503, Some("1")))));
        for status in [500, 502, 503, 504, 520, 522, 530] {
            assert!(!repeats(Idempotency::NonIdempotent, &Ok(answered(status, None))), "{status}");
        }
    }

    #[test]
    fn too_large_response_is_not_retried() {
        assert!(!repeats(Idempotency::Idempotent, &Err(Failure::TooLarge)));
    }

    #[test]
    fn retry_count_limits_number_of_attempts() {
        let pace = RetryPolicy::new(2);
        let busy = Ok(answered(429, None));
        let delay = |attempt| pace.next(Idempotency::Idempotent, attempt, &busy, TRIES).delay;
        assert!(delay(1).is_some() && delay(2).is_some() && delay(3).is_none());
        assert!(RetryPolicy::new(0).next(Idempotency::Idempotent, 1, &busy, TRIES).delay.is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn configured_deadline_replaces_retry_count() {
        let until = Until::Time(Instant::now() + Duration::from_secs(60));
        let delay = |attempt, after| {
            RetryPolicy::new(0)
                .next(Idempotency::NonIdempotent, attempt, &Ok(answered(429, after)), until)
                .delay
        };
        assert!(delay(1, None).is_some() && delay(99, None).is_some());
        assert!(delay(99, Some("60")).is_none());
        tokio::time::advance(Duration::from_secs(59)).await;
        let last = (0..99).filter_map(|_| delay(9, None)).max();
        assert!(last.is_some_and(|last| last < Duration::from_secs(1)), "{last:?}");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(delay(9, None).is_none());
    }

    #[test]
    fn retry_delays_double_up_to_cap() {
        let pace = RetryPolicy::new(u32::MAX);
        let ends = [1, 2, 3, 7, 90].map(|attempt| pace.upper_end(attempt).as_millis());
        assert_eq!(ends, [500, 1000, 2000, 30_000, 30_000]);
        for _ in 0..200 {
            assert!(jitter(Duration::from_millis(3)) <= Duration::from_millis(3));
        }
        assert_eq!(jitter(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn retry_after_accepts_seconds_or_date_and_is_capped() {
        let now: Timestamp = "1994-11-06T08:49:37Z".parse().unwrap();
        let seconds = |text| retry_after(text, now).map(|wait| wait.as_secs());
        assert_eq!(seconds("0"), Some(0));
        assert_eq!(seconds(" 7 "), Some(7));
        assert_eq!(seconds("86400"), Some(60));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:50 GMT"), Some(13));
        assert_eq!(seconds("Sun, 06 Nov 1994 08:49:00 GMT"), Some(0));
        assert_eq!(seconds("Mon, 07 Nov 1994 08:49:37 GMT"), Some(60));
        assert_eq!(seconds("soon"), None);
        assert_eq!(seconds("-3"), None);
    }

    #[test]
    fn retry_after_takes_precedence_over_backoff() {
        let busy = Ok(answered(429, Some("20")));
        let delay =
            RetryPolicy::new(1).next(Idempotency::NonIdempotent, 1, &busy, TRIES).delay.unwrap();
        assert!((20_000..=20_250).contains(&delay.as_millis()), "{delay:?}");
    }

    #[test]
    fn only_429_and_503_pause_all_requests() {
        let rest = |attempt, status, asked| {
            let outcome = Ok(answered(status, asked));
            RetryPolicy::new(4)
                .next(Idempotency::Safe, attempt, &outcome, TRIES)
                .rest
                .map(|rest| rest.as_millis())
        };
        assert_eq!([rest(1, 429, Some("7")), rest(1, 503, Some("7"))], [Some(7000); 2]);
        assert_eq!([rest(1, 429, None), rest(3, 429, None)], [Some(500), Some(2000)]);
        for (status, asked) in [(503, None), (502, Some("7")), (200, Some("7")), (500, None)] {
            assert_eq!(rest(1, status, asked), None, "{status}");
        }
        assert_eq!(
            RetryPolicy::new(4).next(Idempotency::Safe, 1, &Err(Failure::TooLarge), TRIES).rest,
            None
        );
    }

    #[tokio::test(start_paused = true)]
    async fn pause_lasts_for_requested_time() {
        let begin = Instant::now();
        assert!(pause(Duration::from_secs(60), &CancellationToken::new()).await);
        assert_eq!(begin.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn cancellation_ends_pause_immediately_with_false() {
        let (begin, stop) = (Instant::now(), CancellationToken::new());
        let (went_on, ()) = tokio::join!(pause(Duration::from_secs(60), &stop), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.cancel();
        });
        assert!(!went_on);
        assert_eq!(begin.elapsed().as_secs(), 1);
        assert!(!pause(Duration::ZERO, &stop).await);
    }
}
