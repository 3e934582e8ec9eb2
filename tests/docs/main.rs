//! The documentation. This program generates the reference pages and checks all documents.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes the pages in `docs/`. Without the environment
//! variable, the same test fails if a page differs from the generated text.
//!
//! A page consists of a template in `tests/docs/pages`, the schemas of the provider, and files of
//! `examples/`. The acceptance tests run these examples. A page in `docs/` without a template is
//! not generated.

#![expect(clippy::panic, clippy::unwrap_used, reason = "a test says what is wrong by failing")]

mod examples;
mod files;
mod fresh;
mod links;
mod markdown;
mod messages;
mod offer;
mod page;
mod schema;
