//! Handling of signals.
//!
//! Ctrl-C in a terminal sends an interrupt to Terraform and to the plugin. Terraform then sends the
//! `Stop` RPC and waits, so the plugin must continue: as a plugin it ignores the interrupt. It also
//! ignores a hangup. If the hangup ends Terraform, the connection is lost, which ends the plugin.
//! If Terraform ignores it because of `nohup`, an apply continues.

use std::io;

use super::Mode;

#[cfg(not(unix))]
pub(super) use self::elsewhere::Signals;
#[cfg(unix)]
pub(super) use self::unix::Signals;

#[cfg(unix)]
mod unix {
    use tokio::signal::unix::{Signal, SignalKind, signal};

    use super::{Mode, io};

    /// Signals that the process handles.
    #[derive(Debug)]
    pub(in super::super) struct Signals {
        mode: Mode,
        interrupt: Signal,
        terminate: Signal,
    }

    impl Signals {
        /// Installs the signal handlers. Requires the runtime.
        pub(in super::super) fn take(mode: Mode) -> io::Result<Self> {
            if mode == Mode::Plugin {
                // The handler remains after its receiver is dropped, and then does nothing.
                drop(signal(SignalKind::hangup())?);
            }
            Ok(Self {
                mode,
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }

        /// Waits for a signal that ends the process.
        pub(in super::super) async fn end(&mut self) {
            loop {
                tokio::select! {
                    _ = self.terminate.recv() => return,
                    _ = self.interrupt.recv() => if self.mode == Mode::Debug { return },
                }
            }
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use super::{Mode, io};

    /// Ctrl-C, the only signal on this system.
    #[derive(Debug)]
    pub(in super::super) struct Signals {
        mode: Mode,
    }

    impl Signals {
        /// Stores how to handle an interrupt.
        #[expect(clippy::unnecessary_wraps, reason = "fails on other systems")]
        pub(in super::super) fn take(mode: Mode) -> io::Result<Self> {
            Ok(Self { mode })
        }

        /// Waits for a signal that ends the process.
        pub(in super::super) async fn end(&mut self) {
            while tokio::signal::ctrl_c().await.is_ok() {
                if self.mode == Mode::Debug {
                    return;
                }
            }
            std::future::pending::<()>().await;
        }
    }
}
