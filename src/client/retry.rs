//! When a request is sent again, and how long it waits before. Where all wait: [`super::gate`].

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;
use tokio_util::sync::CancellationToken;

use super::http::{Failure, Outcome};

/// The longest that a server's `Retry-After` is obeyed.
pub(super) const LONGEST_RETRY_AFTER: Duration = Duration::from_secs(60);

/// Spread added to a `Retry-After`, so that all who were told the same time do not come back at
/// the same moment.
const SPREAD: Duration = Duration::from_millis(250);

/// What a repetition of a request would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The same as sending it once: GET, DELETE, PATCH, and asking for a bearer.
    Harmless,
    /// Maybe a second object: POST. Repeated only when the first was surely not carried out.
    Harmful,
}

/// How often to try, and how far apart.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    /// Repetitions after the first attempt.
    pub(super) max_retries: u32,
    /// Upper end of the first delay; it doubles with each attempt.
    pub(super) first: Duration,
    /// The upper end never grows over this.
    pub(super) longest: Duration,
}

impl Pace {
    /// The pace of the client: delays of up to 0.5, 1, 2, 4 seconds and so on, 30 at most.
    pub(super) fn new(max_retries: u32) -> Self {
        Self { max_retries, first: Duration::from_millis(500), longest: Duration::from_secs(30) }
    }

    /// How long to wait before the next attempt, or `None` when there is none to make.
    /// `attempt` counts from 1 and is the one that had this `outcome`.
    pub(super) fn delay(self, repeat: Repeat, attempt: u32, outcome: &Outcome) -> Option<Duration> {
        if attempt > self.max_retries || !may_repeat(repeat, outcome) {
            return None;
        }
        match asked(outcome) {
            Some(asked) => Some(asked + jitter(SPREAD)),
            // "Full jitter": anywhere between nothing and the upper end.
            None => Some(jitter(self.upper_end(attempt))),
        }
    }

    /// How long no request at all should be sent after this outcome, because the API has too many
    /// of them. `None`: it does not say so.
    pub(super) fn rest(self, attempt: u32, outcome: &Outcome) -> Option<Duration> {
        match outcome.as_ref().ok()?.status {
            429 => Some(asked(outcome).unwrap_or_else(|| self.upper_end(attempt))),
            503 => asked(outcome),
            _ => None,
        }
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
fn may_repeat(repeat: Repeat, outcome: &Outcome) -> bool {
    let harmless = repeat == Repeat::Harmless;
    match outcome {
        Ok(answer) => match answer.status {
            429 => true,
            503 => harmless || answer.retry_after.is_some(),
            502 | 504 => harmless,
            _ => false,
        },
        // Nothing was sent, so nothing can have been carried out.
        Err(Failure::NotConnected { permanent, .. }) => !permanent,
        Err(Failure::Lost(_)) => harmless,
        Err(Failure::TooLarge) => false,
    }
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
    use super::super::http::Answer;
    use super::*;

    fn answered(status: u16, retry_after: Option<&str>) -> Answer {
        Answer { status, retry_after: retry_after.map(Into::into), ..Answer::default() }
    }

    fn repeats(repeat: Repeat, outcome: &Outcome) -> bool {
        Pace::new(4).delay(repeat, 1, outcome).is_some()
    }

    #[test]
    fn a_harmless_request_is_repeated_after_overload_and_gateway_trouble() {
        for status in [429, 502, 503, 504] {
            assert!(repeats(Repeat::Harmless, &Ok(answered(status, None))), "{status}");
        }
        for status in [200, 301, 400, 401, 402, 404, 409, 422, 500, 501] {
            assert!(!repeats(Repeat::Harmless, &Ok(answered(status, Some("1")))), "{status}");
        }
    }

    #[test]
    fn a_post_is_repeated_only_when_it_was_surely_not_carried_out() {
        assert!(repeats(Repeat::Harmful, &Ok(answered(429, None))));
        assert!(repeats(Repeat::Harmful, &Ok(answered(503, Some("1")))));
        for status in [500, 502, 503, 504] {
            assert!(!repeats(Repeat::Harmful, &Ok(answered(status, None))), "{status}");
        }
    }

    #[test]
    fn an_answer_that_is_too_large_is_not_fetched_again() {
        assert!(!repeats(Repeat::Harmless, &Err(Failure::TooLarge)));
    }

    #[test]
    fn retries_are_counted() {
        let pace = Pace::new(2);
        let delay = |attempt| pace.delay(Repeat::Harmless, attempt, &Ok(answered(429, None)));
        assert!(delay(1).is_some() && delay(2).is_some() && delay(3).is_none());
        assert!(Pace::new(0).delay(Repeat::Harmless, 1, &Ok(answered(429, None))).is_none());
    }

    #[test]
    fn delays_stay_below_a_growing_and_capped_end() {
        let pace = Pace::new(u32::MAX);
        let ends = [1, 2, 3, 7, 90].map(|attempt| pace.upper_end(attempt).as_millis());
        assert_eq!(ends, [500, 1000, 2000, 30_000, 30_000]);
        for _ in 0..200 {
            assert!(jitter(Duration::from_millis(3)) <= Duration::from_millis(3));
        }
        assert_eq!(jitter(Duration::ZERO), Duration::ZERO);
    }

    #[test]
    fn retry_after_is_seconds_or_a_date_and_capped() {
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
    fn retry_after_beats_the_own_delay() {
        let delay = Pace::new(1).delay(Repeat::Harmful, 1, &Ok(answered(429, Some("20")))).unwrap();
        assert!((20_000..=20_250).contains(&delay.as_millis()), "{delay:?}");
    }

    #[test]
    fn all_rest_when_the_api_has_too_many_requests_and_only_then() {
        let rest = |attempt, status, asked| {
            let outcome = Ok(answered(status, asked));
            Pace::new(4).rest(attempt, &outcome).map(|rest| rest.as_millis())
        };
        assert_eq!([rest(1, 429, Some("7")), rest(1, 503, Some("7"))], [Some(7000); 2]);
        assert_eq!([rest(1, 429, None), rest(3, 429, None)], [Some(500), Some(2000)]);
        for (status, asked) in [(503, None), (502, Some("7")), (200, Some("7")), (500, None)] {
            assert_eq!(rest(1, status, asked), None, "{status}");
        }
        assert_eq!(Pace::new(4).rest(1, &Err(Failure::TooLarge)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_pause_lasts_as_long_as_asked() {
        let begin = tokio::time::Instant::now();
        assert!(pause(Duration::from_secs(60), &CancellationToken::new()).await);
        assert_eq!(begin.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_ends_a_pause_at_once() {
        let (begin, stop) = (tokio::time::Instant::now(), CancellationToken::new());
        let (went_on, ()) = tokio::join!(pause(Duration::from_secs(60), &stop), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            stop.cancel();
        });
        assert!(!went_on);
        assert_eq!(begin.elapsed().as_secs(), 1);
        assert!(!pause(Duration::ZERO, &stop).await);
    }
}
