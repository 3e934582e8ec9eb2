//! The sandbox's clock: real time, or a time that was set and runs on from there.

use jiff::{SignedDuration, Timestamp};

/// Tells the sandbox's time. Lives of bearers and tokens, and onboarding, go by it alone, so a
/// test sees an expiry without waiting for one.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// How far ahead of real time; negative when behind.
    ahead: SignedDuration,
}

impl Clock {
    /// The time by this clock.
    pub(crate) fn now(self) -> Timestamp {
        Timestamp::now().saturating_add(self.ahead).unwrap_or(Timestamp::MAX)
    }

    /// Makes it `now`; from here on the clock runs as clocks do.
    pub(crate) fn set(&mut self, now: Timestamp) {
        self.ahead = now.duration_since(Timestamp::now());
    }

    /// Makes it so far ahead of real time; negative is behind.
    pub(crate) fn set_ahead(&mut self, ahead: SignedDuration) {
        self.ahead = ahead;
    }

    /// How far ahead of real time it is.
    pub(crate) fn ahead(self) -> SignedDuration {
        self.ahead
    }

    /// Goes back to real time.
    pub(crate) fn follow_real_time(&mut self) {
        self.ahead = SignedDuration::ZERO;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn set_clock_continues_from_given_time() {
        let mut clock = Clock::default();
        let set: Timestamp = "2031-05-01T00:00:00Z".parse().unwrap();
        clock.set(set);
        let first = clock.now();
        assert!(first >= set && first < set + SignedDuration::from_secs(60), "{first}");
        assert!(clock.now() >= first);
    }

    #[test]
    fn clock_returns_to_real_time() {
        let mut clock = Clock::default();
        clock.set("2031-05-01T00:00:00Z".parse().unwrap());
        clock.follow_real_time();
        let off = clock.now().duration_since(Timestamp::now()).abs();
        assert!(off < SignedDuration::from_secs(60), "{off}");
    }
}
