//! When a request is retried, and after which delay. What holds for all requests: [`super::throttle`].

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use super::http::{Failure, Outcome};

/// The longest that a server's `Retry-After` is obeyed.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Spread added to a `Retry-After`, so that all who were told the same time do not come back at
/// the same moment.
const SPREAD: Duration = Duration::from_millis(250);

/// How long before the deadline the last attempt begins.
const LAST_ATTEMPT: Duration = Duration::from_millis(500);

/// When a request is tried again no more.
#[derive(Clone, Copy, Debug)]
pub(super) enum Until {
    /// After so many tries ([`RetryPolicy::max_retries`]), and not after this time.
    Tries(Option<Instant>),
    /// At this time, however many tries that takes: somebody said so.
    Time(Instant),
}

impl Until {
    /// The time after which nothing is tried again, if there is one.
    pub(super) fn time(self) -> Option<Instant> {
        match self {
            Self::Tries(time) => time,
            Self::Time(time) => Some(time),
        }
    }

    /// Whether the time alone counts.
    pub(super) fn is_meant(self) -> bool {
        matches!(self, Self::Time(_))
    }

    fn left(self) -> Option<Duration> {
        self.time().map(|time| time.saturating_duration_since(Instant::now()))
    }
}

/// What a second request would do: see RFC 9110, section 9.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Idempotency {
    /// Safe (GET, and authentication). Retried after a server error, too.
    Safe,
    /// Idempotent (DELETE and PATCH).
    Idempotent,
    /// Non-idempotent (POST). Retried only if the server did not process the request.
    NonIdempotent,
}

/// What follows an attempt.
#[derive(Clone, Copy, Debug)]
pub(super) struct Next {
    /// How long to wait before the next attempt. `None`: there is none to make.
    pub(super) delay: Option<Duration>,
    /// How long no request at all should be sent, as the API says that it has too many of them.
    pub(super) rest: Option<Duration>,
}

/// How often a request is retried, and at which intervals.
#[derive(Clone, Copy, Debug)]
pub(super) struct RetryPolicy {
    /// Repetitions after the first attempt.
    pub(super) max_retries: u32,
    /// Upper end of the first delay; it doubles with each attempt.
    pub(super) first: Duration,
    /// The upper end never grows over this.
    pub(super) longest: Duration,
}

impl RetryPolicy {
    /// The policy of the client: delays of up to 0.5, 1, 2, 4 seconds and so on, 30 at most.
    pub(super) fn new(max_retries: u32) -> Self {
        Self { max_retries, first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }

    /// What follows this `outcome` of an attempt, counted from 1.
    pub(super) fn next(
        self,
        idempotency: Idempotency,
        attempt: u32,
        outcome: &Outcome,
        until: Until,
    ) -> Next {
        let asked = asked(outcome);
        let rest = match outcome.as_ref().map_or(0, |answer| answer.status) {
            429 => asked.or_else(|| Some(self.upper_end(attempt))),
            503 => asked,
            _ => None,
        };
        let tried_enough = attempt > self.max_retries && !until.is_meant();
        if tried_enough || !may_repeat(idempotency, outcome) {
            return Next { delay: None, rest };
        }
        let left = until.left();
        let in_time = |delay: &Duration| left.is_none_or(|left| *delay < left);
        if let Some(asked) = asked {
            return Next { delay: Some(asked + jitter(SPREAD)).filter(in_time), rest };
        }
        // "Full jitter": anywhere between nothing and the upper end.
        let delay = Some(jitter(self.upper_end(attempt))).filter(in_time);
        // A pause that is too long leaves time for one attempt more, where the time is meant.
        let shorter = || left?.checked_sub(LAST_ATTEMPT).filter(|_| until.is_meant());
        Next { delay: delay.or_else(shorter), rest }
    }

    fn upper_end(self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.first.saturating_mul(doubled).min(self.longest)
    }
}

/// The wait that the answer asks for.
fn asked(outcome: &Outcome) -> Option<Duration> {
    let text = outcome.as_ref().ok()?.retry_after.as_deref()?;
    retry_after(text, Timestamp::now())
}

/// Whether the request may be sent again after this outcome.
fn may_repeat(idempotency: Idempotency, outcome: &Outcome) -> bool {
    let harmless = idempotency != Idempotency::NonIdempotent;
    match outcome {
        Ok(answer) => match answer.status {
            429 => true,
            503 => harmless || answer.retry_after.is_some(),
            status if is_gateway(status) => harmless,
            500 => idempotency == Idempotency::Safe,
            _ => false,
        },
        // Nothing was sent, so nothing can have been carried out.
        Err(Failure::NotConnected { permanent, .. }) => !permanent,
        Err(Failure::Lost(_)) => harmless,
        Err(Failure::TooLarge) => false,
    }
}

/// Whether a gateway answers so for a server that it got no answer from, or that it may have passed
/// the request on to. 520 to 524 and 530 are Cloudflare's, which stands in front of the API.
pub(super) fn is_gateway(status: u16) -> bool {
    matches!(status, 502 | 504 | 520..=524 | 530)
}

/// Reads a `Retry-After`: seconds, or an HTTP date. Capped; a date in the past is no wait.
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

/// A random time between nothing and `most`.
fn jitter(most: Duration) -> Duration {
    // The crate has one source of randomness, and it makes UUIDs.
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    let most = u64::try_from(most.as_nanos()).unwrap_or(u64::MAX);
    Duration::from_nanos(random % most.saturating_add(1))
}

/// Waits, and answers `false` at once when `stop` is or gets cancelled.
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
