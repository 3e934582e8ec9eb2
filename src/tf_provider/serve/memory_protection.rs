//! Protects the memory of the process from other processes.
//!
//! The memory contains credentials, access tokens, and token values, and the environment contains
//! some of them. On Linux a process can disable its memory dumps. A crash then writes no core file,
//! even if the system passes core files to a program. Other processes of the same user can neither
//! attach to the process nor read its memory or environment. On other systems this module does
//! nothing.
//!
//! A process in debug mode (`--debug`) does not do this, so that debuggers can attach.

use std::io;

/// Disables memory dumps of this process.
///
/// # Errors
/// Returns an error if the system rejects the request, as old kernels and some sandboxes do. The
/// process can continue.
#[cfg(target_os = "linux")]
pub(super) fn disable_core_dumps() -> io::Result<()> {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};

    Ok(set_dumpable_behavior(DumpableBehavior::NotDumpable)?)
}

/// Does nothing, because other systems have no such call without `unsafe` code in this crate.
#[cfg(not(target_os = "linux"))]
#[expect(clippy::unnecessary_wraps, reason = "on Linux it can fail")]
pub(super) fn disable_core_dumps() -> io::Result<()> {
    Ok(())
}
