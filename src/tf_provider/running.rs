//! Tracks the tasks of each RPC, so that the process does not end in the middle of it.
//!
//! An RPC ends with its last task, not when its response is returned: an action continues while its
//! stream is read, and also after the client stops reading. Therefore an RPC marks its task, the
//! tasks that it starts inherit the mark, and the process waits until no mark remains.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;

use tokio::sync::watch;
use tokio::task::JoinHandle;

tokio::task_local! {
    /// Mark of the RPC that this task belongs to.
    static MARK: Mark;
}

/// Counter of RPCs with running tasks. Clones share the count.
#[derive(Clone, Debug, Default)]
pub(super) struct RunningCalls(Arc<watch::Sender<usize>>);

impl RunningCalls {
    /// Starts an RPC as a task. It counts until this task, and all tasks that it starts with
    /// [`spawn`], have ended.
    pub(super) fn start<F>(&self, call: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        let mark = Mark(Arc::new(Counted::new(Arc::clone(&self.0))));
        tokio::spawn(MARK.scope(mark, call))
    }

    /// Waits until no RPC is running.
    pub(super) async fn idle(&self) {
        // Fails only if the sender was dropped, but `self` holds it.
        drop(self.0.subscribe().wait_for(|count| *count == 0).await);
    }
}

/// Starts a task as part of the RPC that the current task belongs to.
pub(super) fn spawn<F>(work: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send + 'static> + Send + 'static,
{
    match MARK.try_with(Clone::clone) {
        Ok(mark) => tokio::spawn(MARK.scope(mark, work)),
        Err(_no_call) => tokio::spawn(work),
    }
}

/// Error for a panic. The log contains its message.
#[derive(Debug)]
pub(super) struct Panicked;

/// Runs `work`, and converts a panic in it to an error.
///
/// # Errors
/// Returns [`Panicked`] after a panic. Data that `work` uses must not become invalid through a
/// partial change.
pub(super) async fn catch_panic<T>(work: impl Future<Output = T>) -> Result<T, Panicked> {
    let mut work = pin!(work);
    let poll = std::future::poll_fn(|cx| {
        match catch_unwind(AssertUnwindSafe(|| work.as_mut().poll(cx))) {
            Ok(polled) => polled.map(Ok),
            Err(_message) => Poll::Ready(Err(Panicked)),
        }
    });
    poll.await
}

/// Shared by the tasks of one RPC. The last task that drops it ends the RPC.
#[derive(Clone, Debug)]
struct Mark(#[expect(dead_code, reason = "held for its drop")] Arc<Counted>);

/// Increments the count until it is dropped.
#[derive(Debug)]
struct Counted(Arc<watch::Sender<usize>>);

impl Counted {
    fn new(count: Arc<watch::Sender<usize>>) -> Self {
        count.send_modify(|count| *count += 1);
        Self(count)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::sync::oneshot;
    use tokio::time::timeout;

    use super::*;

    async fn is_idle(running: &RunningCalls) -> bool {
        timeout(Duration::from_secs(1), running.idle()).await.is_ok()
    }

    #[tokio::test(start_paused = true)]
    async fn call_runs_until_its_last_task_ends() {
        let running = RunningCalls::default();
        let (release, held) = oneshot::channel::<()>();
        let call = running.start(async {
            spawn(async { spawn(held).await });
        });
        call.await.unwrap();
        assert!(!is_idle(&running).await);
        release.send(()).unwrap();
        running.idle().await;
    }

    #[tokio::test]
    async fn panic_is_reported_and_keeps_saved_state() {
        let mut noted = 0;
        let panics = async {
            noted += 1;
            tokio::task::yield_now().await;
            noted += 1;
            panic!("on purpose");
        };
        assert!(catch_panic(panics).await.is_err());
        assert_eq!((noted, catch_panic(async { 3 }).await.ok()), (2, Some(3)));
    }

    #[tokio::test(start_paused = true)]
    async fn panicked_or_aborted_task_counts_as_ended() {
        let running = RunningCalls::default();
        let panics = running.start(async { panic!("on purpose") });
        let aborted = running.start(std::future::pending::<()>());
        assert!(!is_idle(&running).await);
        aborted.abort();
        assert!(panics.await.is_err() && aborted.await.is_err());
        running.idle().await;
    }
}
