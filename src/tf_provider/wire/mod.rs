//! Types of the protocol, and their conversions.
//!
//! This is the only directory that uses generated types. It decodes a request, passes it to
//! `dispatch`, and encodes the response. It makes no decisions.

mod calls;
mod convert;
#[cfg(test)]
#[path = "../../../tests/fuzz/wire.rs"]
mod fuzz;
mod generated;
mod json;
mod msgpack;
mod provider_calls;
mod service;

use std::fmt;

pub(crate) use generated::{health, plugin, tfplugin5};
pub(crate) use service::Service;

/// Error for bytes from the client that are not a valid value. Never contains a value, which might
/// be a secret.
#[derive(Debug, PartialEq, Eq)]
struct Malformed {
    path: Vec<String>,
    what: String,
}

impl Malformed {
    fn new(what: impl Into<String>) -> Self {
        Self { path: Vec::new(), what: what.into() }
    }

    fn expected(what: &str) -> Self {
        Self::new(format!("{what} was expected"))
    }

    fn too_short() -> Self {
        Self::new("it ends too early")
    }

    /// Adds the enclosing attribute `name` to the location.
    fn inside(mut self, name: &str) -> Self {
        self.path.push(name.to_owned());
        self
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if !self.path.is_empty() {
            f.write_str(", at ")?;
            for (n, name) in self.path.iter().rev().enumerate() {
                if n > 0 {
                    f.write_str(".")?;
                }
                f.write_str(name)?;
            }
        }
        Ok(())
    }
}

impl std::error::Error for Malformed {}
