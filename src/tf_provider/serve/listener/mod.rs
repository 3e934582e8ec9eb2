//! Socket to which clients connect: a Unix socket, or a loopback port on systems without Unix
//! sockets.
//!
//! Both modules provide a `Listener` with `bind`, `address`, and `accept`, and the `Stream` that
//! `accept` returns.

#[cfg(unix)]
mod group;
#[cfg(any(not(unix), test))]
#[cfg_attr(unix, expect(dead_code, reason = "built here for its tests only"))]
mod tcp;
#[cfg(unix)]
mod unix;

#[cfg(not(unix))]
pub(super) use self::tcp::{Listener, Stream};
#[cfg(unix)]
pub(super) use self::unix::{Listener, Stream};
