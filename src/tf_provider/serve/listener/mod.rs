//! Where clients connect: a unix socket, or a port of the loopback where there are none.
//!
//! Both kinds offer a `Listener` with `bind`, `address` and `accept`, and the `Stream` that
//! `accept` answers.

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
