//! The sandbox.
mod clock; mod dates; mod form; mod mint; mod options; mod org;
pub use options::{Options, Dialect};
