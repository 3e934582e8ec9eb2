//! Signals.
//!
//! Ctrl-C in a terminal reaches Terraform and the plugin alike. Terraform then sends the `Stop`
//! RPC and waits, so the plugin must live on: as a plugin it ignores the interrupt. It ignores a
//! hangup as well: if Terraform dies of it the connection is lost, which ends us; and if it does
//! not, because of `nohup`, an apply goes on.

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

    /// The signals that do not simply kill the process.
    #[derive(Debug)]
    pub(in super::super) struct Signals {
        mode: Mode,
        interrupt: Signal,
        terminate: Signal,
    }

    impl Signals {
        /// Takes the signals over. Needs the runtime.
        pub(in super::super) fn take(mode: Mode) -> io::Result<Self> {
            if mode == Mode::Plugin {
                // The handler stays when its receiver is dropped, and then does nothing.
                drop(signal(SignalKind::hangup())?);
            }
            Ok(Self {
                mode,
                interrupt: signal(SignalKind::interrupt())?,
                terminate: signal(SignalKind::terminate())?,
            })
        }

        /// Done when a signal wants the process to end.
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

    /// Ctrl-C, which is all there is.
    #[derive(Debug)]
    pub(in super::super) struct Signals {
        mode: Mode,
    }

    impl Signals {
        /// Remembers what an interrupt means.
        #[expect(clippy::unnecessary_wraps, reason = "fails on other systems")]
        pub(in super::super) fn take(mode: Mode) -> io::Result<Self> {
            Ok(Self { mode })
        }

        /// Done when a signal wants the process to end.
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
