//! Tests of the provider with real Terraform and OpenTofu programs, against the sandbox.
//!
//! A run needs no preparation. `clis.rs` finds or fetches the programs. Every test starts a sandbox
//! and has a separate directory (`harness`). Any test can run in parallel with any other.

#![expect(
    clippy::panic,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stderr,
    reason = "a test says what is wrong by failing"
)]

mod actions;
mod addresses;
mod adopt;
mod cli;
mod clis;
mod data_sources;
mod ephemeral;
mod errors;
mod every_call;
mod evidence;
mod examples;
mod functions;
mod generated;
mod guides;
mod harness;
mod hcl;
mod identity;
mod inactive_token;
mod killed;
mod language;
mod mirror;
mod needs;
mod newest_examples;
mod offboarding;
mod old_clis;
mod onboarding;
mod onboarding_removal;
mod opentofu;
mod plans;
mod provider_config;
mod query;
mod sandbox_page;
mod seat;
mod seat_limit;
mod secrets;
mod service_account;
mod stored;
mod team;
mod timeouts;
mod token;
mod token_renewal;
mod token_rotation;
mod user;
