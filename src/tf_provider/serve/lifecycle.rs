//! Decides when the process ends, and which RPCs can finish before that.
//!
//! Terraform ends a plugin with the `Shutdown` RPC. If Terraform is killed, it sends nothing.
//! Therefore the loss of the only connection also ends the process: a plugin must not outlive its
//! host.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::tf_provider::running::RunningCalls;

/// Timeout for the first connection. Terraform connects immediately after the handshake, and stops
/// waiting for a plugin after the same time.
const FIRST_CONNECTION: Duration = Duration::from_secs(60);
/// Time without clients after which the last client counts as lost. A gRPC client reconnects within
/// this time after its connection is lost.
const RECONNECTION: Duration = Duration::from_secs(2);

/// Reason for the shutdown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ShutdownReason {
    /// The client sent `Shutdown`.
    Asked,
    /// The process received a signal.
    Signal,
    /// The client disconnected without `Shutdown`.
    Orphaned,
    /// No client ever connected.
    NeverCalled,
}

impl ShutdownReason {
    /// Returns the time that running RPCs have to finish.
    ///
    /// Terraform sends `Shutdown` when no RPC is running, and expects the exit within 2 seconds.
    /// The sender of a signal waits some seconds. Without a client there is more time but no
    /// receiver of a response: RPCs only finish the API operations that they started.
    pub(super) fn grace_period(self) -> Duration {
        match self {
            ShutdownReason::Asked | ShutdownReason::NeverCalled => Duration::from_millis(400),
            ShutdownReason::Signal => Duration::from_secs(5),
            ShutdownReason::Orphaned => Duration::from_secs(30),
        }
    }

    /// Reports whether running RPCs are canceled, as the `Stop` RPC does.
    pub(super) fn cancels_calls(self) -> bool {
        matches!(self, ShutdownReason::Signal | ShutdownReason::Orphaned)
    }
}

/// Connections of clients.
#[derive(Clone, Copy, Debug, Default)]
struct Activity {
    connections: usize,
    /// Whether there was at least one connection.
    called: bool,
}

/// Shutdown state, shared by all tasks that serve. Clones share the state.
#[derive(Clone, Debug, Default)]
pub(super) struct Lifecycle {
    asked: CancellationToken,
    ending: CancellationToken,
    load: Arc<watch::Sender<Activity>>,
    running: RunningCalls,
}

impl Lifecycle {
    /// Counts an open connection until the guard is dropped.
    pub(super) fn connection(&self) -> ConnectionGuard {
        self.load.send_modify(|load| {
            load.connections += 1;
            load.called = true;
        });
        ConnectionGuard { load: Arc::clone(&self.load), leave: |load| load.connections -= 1 }
    }

    /// Returns the tracker that starts each RPC.
    pub(super) fn running(&self) -> &RunningCalls {
        &self.running
    }

    /// Records that the client requested the shutdown.
    pub(super) fn request_shutdown(&self) {
        self.asked.cancel();
    }

    /// Waits until the client requests the shutdown.
    pub(super) async fn shutdown_requested(&self) {
        self.asked.cancelled().await;
    }

    /// Starts the shutdown: no new connections are accepted, and streams that only wait are closed.
    pub(super) fn begin_shutdown(&self) {
        self.ending.cancel();
    }

    /// Waits until the shutdown starts.
    pub(super) async fn shutting_down(&self) {
        self.ending.cancelled().await;
    }

    /// Waits until no RPC is running.
    pub(super) async fn idle(&self) {
        self.running.idle().await;
    }

    /// Waits until there is no client, and returns the reason.
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
        // Fails only if the sender was dropped, but `self` holds it.
        drop(load.wait_for(condition).await);
    }
}

/// Guard of an open connection. Dropping it ends the connection.
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
