//! Inputs that nobody thought of, and promises that have to stay true.
//!
//! The targets that need private parts of the crate are files beside this one too: `wire.rs`,
//! `client.rs`, `resources.rs` and `serve.rs` are modules of the library's own tests, where
//! `cargo test --lib fuzz::` runs them. See `docs/fuzzing.md`.

#[cfg(test)]
mod promises;
#[cfg(test)]
mod sandbox;
