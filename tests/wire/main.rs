//! The built plugin over its socket, driven as Terraform drives it.
//!
//! Each module takes one subject. Start with [`harness::Plugin::start`]; everything that a test
//! starts is killed when it ends.

// The attribute on each module tells clippy that all of it is test code.
#[cfg(test)]
mod certificates;
#[cfg(test)]
mod connector;
#[cfg(test)]
mod debugging;
#[cfg(test)]
mod handshake;
#[cfg(test)]
mod harness;
#[cfg(test)]
mod lifecycle;
#[cfg(test)]
mod logging;
#[cfg(test)]
mod proto;
#[cfg(test)]
mod tls;
