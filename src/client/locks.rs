//! Locks by name, for sequences of requests that must not interleave.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OwnedMutexGuard;

/// Locks by name. A lock that no task holds or waits for uses no memory.
#[derive(Default)]
pub(super) struct Locks(Mutex<HashMap<String, Arc<tokio::sync::Mutex<()>>>>);

impl Locks {
    /// Waits for the lock with this name, which is held until the guard is dropped.
    pub(super) async fn take(&self, name: &str) -> OwnedMutexGuard<()> {
        let lock = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Each guard and each waiting task holds a second reference to the lock.
            all.retain(|_, lock| Arc::strong_count(lock) > 1);
            Arc::clone(all.entry(name.to_owned()).or_default())
        };
        lock.lock_owned().await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn lock_excludes_same_name_but_not_others() {
        let locks = Locks::default();
        let first = locks.take("a").await;
        let _other = locks.take("b").await;
        let mut second = std::pin::pin!(locks.take("a"));
        assert!(futures_poll(second.as_mut()).await.is_none(), "taken twice");
        drop(first);
        let _second = second.await;
    }

    #[tokio::test]
    async fn unused_locks_are_removed_from_map() {
        let locks = Locks::default();
        for number in 0..100 {
            drop(locks.take(&number.to_string()).await);
        }
        assert_eq!(locks.0.lock().unwrap().len(), 1);
    }

    /// Polls a future once and returns its output, if it is ready.
    async fn futures_poll<F: Future + Unpin>(mut future: F) -> Option<F::Output> {
        std::future::poll_fn(|cx| {
            let polled = std::pin::Pin::new(&mut future).poll(cx);
            std::task::Poll::Ready(match polled {
                std::task::Poll::Ready(output) => Some(output),
                std::task::Poll::Pending => None,
            })
        })
        .await
    }
}
