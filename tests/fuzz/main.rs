//! Fuzz tests, and a check of the promises in the documents.
//!
//! The targets that need private parts of the crate are in this directory too. `wire.rs`,
//! `client.rs`, `resources.rs`, and `serve.rs` are modules of the library's own tests.
//! `cargo test --lib fuzz::` runs them. See `docs/fuzzing.md`.

#[cfg(test)]
mod promises;
#[cfg(test)]
mod sandbox;
