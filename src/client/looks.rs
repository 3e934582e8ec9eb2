//! Looking again after a write whose outcome is not known: how often, and how far apart.

use super::Org;
use super::retry;

/// The looks at a listing that decide what became of a write. A listing may lag behind writes, so
/// the first look comes at once, and the others after growing pauses: with four retries five looks
/// in fifteen seconds.
#[derive(Debug)]
pub struct Looks {
    org: Org,
    made: u32,
}

impl Org {
    /// Begins to look.
    #[must_use]
    pub fn looks(&self) -> Looks {
        Looks { org: self.clone(), made: 0 }
    }

    /// How often a request may be repeated, as the settings have it.
    #[must_use]
    pub fn max_retries(&self) -> u32 {
        self.inner.pace.max_retries
    }
}

impl Looks {
    /// Waits until it is time for the next look. `false` when it is time for none any more: there
    /// were enough, the run was asked to stop, or its time is over. There are at least two.
    pub async fn next(&mut self) -> bool {
        let pace = self.org.inner.pace;
        let made = self.made;
        self.made += 1;
        if made == 0 {
            return !self.org.stop.is_cancelled();
        }
        let pause = pace.between_looks(made);
        made <= pace.max_retries.max(1)
            && self.org.has_time_for(pause)
            && retry::pause(pause, &self.org.stop).await
    }

    /// Whether the run was asked to stop, so that the looks say nothing about what is not there.
    #[must_use]
    pub fn were_stopped(&self) -> bool {
        self.org.stop.is_cancelled()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use tokio_util::sync::CancellationToken;

    use super::super::Settings;
    use super::super::testing::*;
    use super::*;

    fn patient(max_retries: u32) -> Org {
        Org::new(Settings { max_retries, ..settings("https://anaconda.invalid") }).unwrap()
    }

    async fn count(org: &Org) -> (usize, u64) {
        let (begin, mut looks, mut count) = (Instant::now(), org.looks(), 0);
        while looks.next().await {
            count += 1;
        }
        (count, begin.elapsed().as_secs())
    }

    #[tokio::test(start_paused = true)]
    async fn there_are_more_looks_with_more_patience_and_never_only_one() {
        assert_eq!(count(&patient(4)).await, (5, 15));
        assert_eq!(count(&patient(1)).await, (2, 1));
        assert_eq!(count(&patient(0)).await, (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn a_stop_and_the_end_of_time_end_them() {
        assert_eq!(count(&patient(4).within(Duration::from_secs(5))).await, (3, 3));
        let stop = CancellationToken::new();
        let org = patient(4).with_stop(stop.clone());
        let ((looks, _), ()) = tokio::join!(count(&org), async {
            tokio::time::sleep(Duration::from_millis(1500)).await;
            stop.cancel();
        });
        assert_eq!(looks, 2);
        assert_eq!(count(&org).await, (0, 0));
    }
}
