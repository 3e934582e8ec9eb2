//! [`TokenBucket`]: the rate limit.

use std::time::Instant;

/// A limit, or none.
#[derive(Debug, Default)]
pub(crate) struct TokenBucket {
    per_second: Option<f64>,
    burst: Option<u32>,
    /// What is left, and since when it fills again; full when absent.
    left: Option<(f64, Instant)>,
}

impl TokenBucket {
    /// So many requests per second; `None` is no limit.
    pub(crate) fn new(per_second: Option<f64>) -> Self {
        Self::with_burst(per_second, None)
    }

    /// So many, and so many at once; `None` is one second's, at least one.
    pub(crate) fn with_burst(per_second: Option<f64>, burst: Option<u32>) -> Self {
        Self { per_second, burst, left: None }
    }

    /// As [`TokenBucket::with_burst`] was told.
    pub(crate) fn settings(&self) -> (Option<f64>, Option<u32>) {
        (self.per_second, self.burst)
    }

    /// Takes a request, or says after how many seconds, at least 1, there is room for it.
    pub(crate) fn take(&mut self, now: Instant) -> Result<(), u64> {
        let Some(per_second) = self.per_second else { return Ok(()) };
        let full = self.burst.map_or_else(|| per_second.ceil().max(1.0), f64::from);
        let left = self.left.map_or(full, |(left, since)| {
            let filled = now.saturating_duration_since(since).as_secs_f64() * per_second;
            full.min(left + filled)
        });
        if left >= 1.0 {
            self.left = Some((left - 1.0, now));
            return Ok(());
        }
        self.left = Some((left, now));
        #[expect(
            clippy::as_conversions,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a positive number; a conversion of one that is too large ends at the largest"
        )]
        let seconds = ((1.0 - left) / per_second).ceil().max(1.0) as u64;
        Err(seconds)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn burst_is_allowed_then_limited_to_rate() {
        let mut rate = TokenBucket::with_burst(Some(0.5), Some(2));
        let start = Instant::now();
        let mut after = |seconds| rate.take(start + Duration::from_secs(seconds));
        assert_eq!([after(0), after(0), after(0)], [Ok(()), Ok(()), Err(2)]);
        assert_eq!([after(1), after(2), after(2)], [Err(1), Ok(()), Err(2)]);
        assert_eq!([after(99), after(99), after(99)], [Ok(()), Ok(()), Err(2)]);
    }

    #[test]
    fn default_burst_is_one_second_of_requests() {
        let mut rate = TokenBucket::new(Some(2.5));
        let now = Instant::now();
        let taken = (0..9).filter(|_| rate.take(now).is_ok()).count();
        assert_eq!(taken, 3);
        assert!(TokenBucket::new(None).take(now).is_ok());
    }
}
