//! [`Clock`]: what time it is.

use jiff::Timestamp;

/// The time by which tokens expire: the machine's, or one that a test has set.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock(Option<Timestamp>);

impl Clock {
    /// A clock that stands still.
    #[must_use]
    pub fn standing(at: Timestamp) -> Self {
        Self(Some(at))
    }

    /// What time it is.
    #[must_use]
    pub fn now(self) -> Timestamp {
        self.0.unwrap_or_else(Timestamp::now)
    }
}
