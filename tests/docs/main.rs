//! The documentation: its reference pages are made here, and everything written is checked.
//!
//! `UPDATE_DOCS=1 cargo test --test docs` writes the pages in `docs/`. Without the variable the same
//! test fails where a page is not what would be written.
//!
//! A page is made of a template in `tests/docs/pages`, the schemas of the provider, and files of
//! `examples/`, which the acceptance tests run. A page in `docs/` without a template is written by
//! hand.

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
