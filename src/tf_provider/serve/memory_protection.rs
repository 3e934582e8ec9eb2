//! Keeps the memory of the process from others.
//!
//! Credentials, bearers and tokens are in it, and some of them in its environment. On Linux a
//! process can say that it is not to be dumped: then a crash writes no core file, not even where
//! the system hands those to a program, and other processes of the same user can neither attach to
//! it nor read its memory or environment. Elsewhere nothing is done.
//!
//! A process that serves a developer (`--debug`) does not do this, so that debuggers can attach.

use std::io;

/// From now on this process is not dumped.
///
/// # Errors
/// The system refuses, which old kernels and some sandboxes do. Work can go on.
#[cfg(target_os = "linux")]
pub(super) fn keep_memory() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};

    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// There is no such call that needs no `unsafe` code of ours.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
pub(super) fn keep_memory() -> io::Result<()> {
    Ok(())
}
