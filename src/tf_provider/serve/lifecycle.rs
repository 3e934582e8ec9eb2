//! When the process ends, and what it may finish before.
//!
//! Terraform ends a plugin with the `Shutdown` RPC. If Terraform was killed nobody tells us, so
//! the loss of the only connection ends the process too: no other plugin should outlive its host.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::tf_provider::running::RunningCalls;

/// How long we wait for the first connection. Terraform connects right after the handshake, and
/// gives up on a plugin after the same time.
const FIRST_CONNECTION: Duration = Duration::from_secs(60);
/// How long the last client may be gone before we take it for dead. A gRPC client whose
/// connection broke connects again within that time.
const RECONNECTION: Duration = Duration::from_secs(2);

/// Why the process ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShutdownReason {
    /// The client sent `Shutdown`.
    Asked,
    /// A signal.
    Signal,
    /// The client is gone without a word.
    Orphaned,
    /// No client ever came.
    NeverCalled,
}

impl ShutdownReason {
    /// How long running RPCs may take to finish.
    ///
    /// Terraform sends `Shutdown` when nothing runs, and expects the exit within 2 s. Whoever
    /// sends a signal is patient for some seconds. An orphan has time, but nobody who waits for
    /// an answer: it only finishes what it has begun at the API.
    pub(super) fn grace_period(self) -> Duration {
        match self {
            ShutdownReason::Asked | ShutdownReason::NeverCalled => Duration::from_millis(400),
            ShutdownReason::Signal => Duration::from_secs(5),
            ShutdownReason::Orphaned => Duration::from_secs(30),
        }
    }

    /// Whether running RPCs are told to stop early, as the `Stop` RPC does.
    pub(super) fn cancels_calls(self) -> bool {
        matches!(self, ShutdownReason::Signal | ShutdownReason::Orphaned)
    }
}

/// Who is connected.
#[derive(Clone, Copy, Debug, Default)]
struct Activity {
    connections: usize,
    /// Whether there has been a connection at all.
    called: bool,
}

/// The state that decides about the end, shared by all that serve. Clones are the same life.
#[derive(Clone, Debug, Default)]
pub(super) struct Lifecycle {
    asked: CancellationToken,
    ending: CancellationToken,
    load: Arc<watch::Sender<Activity>>,
    running: RunningCalls,
}

impl Lifecycle {
    /// Notes an open connection, until the guard is dropped.
    pub(super) fn connection(&self) -> ConnectionGuard {
        self.load.send_modify(|load| {
            load.connections += 1;
            load.called = true;
        });
        ConnectionGuard { load: Arc::clone(&self.load), leave: |load| load.connections -= 1 }
    }

    /// What runs: each call is started by it.
    pub(super) fn running(&self) -> &RunningCalls {
        &self.running
    }

    /// The client wants us to end.
    pub(super) fn request_shutdown(&self) {
        self.asked.cancel();
    }

    /// Done when the client has asked for the end.
    pub(super) async fn shutdown_requested(&self) {
        self.asked.cancelled().await;
    }

    /// From now on no new connections, and streams that only wait are closed.
    pub(super) fn begin_shutdown(&self) {
        self.ending.cancel();
    }

    /// Done when the end has begun.
    pub(super) async fn shutting_down(&self) {
        self.ending.cancelled().await;
    }

    /// Done when no RPC runs.
    pub(super) async fn idle(&self) {
        self.running.idle().await;
    }

    /// Done when there is no client, with the reason.
    pub(super) async fn abandoned(&self) -> ShutdownReason {
        if timeout(FIRST_CONNECTION, self.until(|load| load.called)).await.is_err() {
            return ShutdownReason::NeverCalled;
        }
        loop {
            self.until(|load| load.connections == 0).await;
            let back = self.until(|load| load.connections > 0);
            if timeout(RECONNECTION, back).await.is_err() {
                return ShutdownReason::Orphaned;
            }
        }
    }

    async fn until(&self, condition: impl Fn(&Activity) -> bool) {
        let mut load = self.load.subscribe();
        // It fails only if the sender is gone, and we hold it.
        drop(load.wait_for(condition).await);
    }
}

/// Something that goes on; dropping it is its end.
#[derive(Debug)]
pub(super) struct ConnectionGuard {
    load: Arc<watch::Sender<Activity>>,
    leave: fn(&mut Activity),
}

impl Drop for ConnectionGuard {
    fn drop(&mut self) {
        self.load.send_modify(self.leave);
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::{Instant, sleep};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn process_exits_without_connection_after_one_minute() {
        let begin = Instant::now();
        assert_eq!(Lifecycle::default().abandoned().await, ShutdownReason::NeverCalled);
        assert_eq!(begin.elapsed().as_secs(), 60);
    }

    #[tokio::test(start_paused = true)]
    async fn process_exits_two_seconds_after_disconnect() {
        let life = Lifecycle::default();
        drop(life.connection());
        let begin = Instant::now();
        assert_eq!(life.abandoned().await, ShutdownReason::Orphaned);
        assert_eq!(begin.elapsed().as_secs(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn reconnecting_client_keeps_process_running() {
        let life = Lifecycle::default();
        drop(life.connection());
        let returning = async {
            sleep(Duration::from_secs(1)).await;
            let connection = life.connection();
            sleep(Duration::from_secs(100)).await;
            drop(connection);
        };
        let begin = Instant::now();
        let (end, ()) = tokio::join!(life.abandoned(), returning);
        assert_eq!((end, begin.elapsed().as_secs()), (ShutdownReason::Orphaned, 103));
    }

    #[tokio::test(start_paused = true)]
    async fn process_is_idle_after_last_call() {
        let life = Lifecycle::default();
        let one = life.running().start(std::future::ready(()));
        let two = life.running().start(std::future::pending::<()>());
        one.await.unwrap();
        assert!(timeout(Duration::from_secs(1), life.idle()).await.is_err());
        two.abort();
        life.idle().await;
    }
}
