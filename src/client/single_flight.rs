//! Runs one request at a time for a value that many callers need, such as an access token or a
//! list.

use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::Mutex;

use super::Error;

/// Value that one caller at a time requests. The other callers wait and share the result.
///
/// They share the value or the failure, so that each waiting caller does not retry an endpoint that
/// is down.
pub(super) struct SingleFlight<T> {
    slot: Mutex<Slot<T>>,
    /// Number of failed requests. A waiting caller compares it with the number before the wait.
    failures: AtomicU64,
}

struct Slot<T> {
    value: Option<T>,
    last_failure: Option<Error>,
}

impl<T> Default for SingleFlight<T> {
    fn default() -> Self {
        let slot = Slot { value: None, last_failure: None };
        Self { slot: Mutex::new(slot), failures: AtomicU64::new(0) }
    }
}

impl<T: Clone> SingleFlight<T> {
    /// Returns the cached value if it is still `good`, or the result of `fetch`.
    pub(super) async fn get<F>(
        &self,
        good: impl Fn(&T) -> bool,
        fetch: impl FnOnce() -> F,
    ) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let failures_before = self.failures.load(Ordering::Acquire);
        let mut slot = self.slot.lock().await;
        if let Some(value) = slot.value.as_ref().filter(|value| good(value)) {
            return Ok(value.clone());
        }
        if self.failures.load(Ordering::Acquire) != failures_before
            && let Some(failure) = &slot.last_failure
        {
            return Err(failure.clone());
        }
        match fetch().await {
            Ok(value) => {
                slot.value = Some(value.clone());
                Ok(value)
            }
            Err(failure) => {
                // A cancellation concerns only the canceled caller.
                if !matches!(failure, Error::Stopped { .. }) {
                    slot.last_failure = Some(failure.clone());
                    self.failures.fetch_add(1, Ordering::Release);
                }
                Err(failure)
            }
        }
    }

    /// Changes the cached value, after a pending request has ended.
    pub(super) async fn update(&self, change: impl FnOnce(&mut Option<T>)) {
        change(&mut self.slot.lock().await.value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure() -> Error {
        Error::EmptyOrganization
    }

    #[tokio::test]
    async fn concurrent_callers_share_one_request() {
        let (flight, fetches) = (SingleFlight::default(), AtomicU64::new(0));
        let get = || {
            flight.get(
                |_| true,
                || async {
                    tokio::task::yield_now().await;
                    Ok(fetches.fetch_add(1, Ordering::Relaxed))
                },
            )
        };
        let (a, b, c) = tokio::join!(get(), get(), get());
        assert_eq!((a.unwrap(), b.unwrap(), c.unwrap()), (0, 0, 0));
    }

    #[tokio::test]
    async fn waiting_callers_share_error_and_next_retries() {
        let (flight, fetches) = (SingleFlight::<u8>::default(), AtomicU64::new(0));
        let get = || {
            flight.get(
                |_| true,
                || async {
                    fetches.fetch_add(1, Ordering::Relaxed);
                    tokio::task::yield_now().await;
                    Err(failure())
                },
            )
        };
        let (a, b) = tokio::join!(get(), get());
        assert!(a.is_err() && b.is_err());
        assert_eq!(fetches.load(Ordering::Relaxed), 1);
        assert!(get().await.is_err());
        assert_eq!(fetches.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn stale_value_is_requested_again() {
        let flight = SingleFlight::default();
        let get =
            |least: u8, next: u8| flight.get(move |v| *v >= least, move || async move { Ok(next) });
        assert_eq!(get(0, 1).await.unwrap(), 1);
        assert_eq!(get(1, 2).await.unwrap(), 1);
        assert_eq!(get(2, 3).await.unwrap(), 3);
    }
}
