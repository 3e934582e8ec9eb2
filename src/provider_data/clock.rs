//! [`Clock`]: the current time.

use jiff::Timestamp;

/// The time that decides whether tokens have expired: the machine's, or one that a test has set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// Returns a clock with a fixed time.
    #[must_use]
    pub fn standing(at: Timestamp) -> Self {
        Self(Some(at))
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(self) -> Timestamp {
        self.0.unwrap_or_else(Timestamp::now)
    }
}
