//! Terraform provider for an Anaconda organization: people, seats, tokens and service accounts.
//!
//! The layers, from the outside in; imports point only downwards:
//!
//! - [`provider`]: what is offered, and what the provider block becomes.
//! - [`resources`], [`data_sources`], [`ephemeral`], [`lists`], [`actions`], [`functions`]: a file
//!   for each thing.
//! - [`anaconda`]: what they work with: the organization and a clock.
//! - [`client`]: Anaconda's API over HTTP. Knows nothing of Terraform.
//! - [`tf_provider`]: Terraform's plugin protocol. Knows nothing of Anaconda.
//! - [`secret`]: text that must not be seen.
//!
//! Beside them, and sharing no code with them, [`sandbox`] imitates the API, so that it can catch
//! their mistakes.

pub mod actions;
pub mod anaconda;
pub mod client;
pub mod data_sources;
pub mod ephemeral;
mod filters;
pub mod functions;
pub mod lists;
pub mod provider;
pub mod resources;
pub mod sandbox;
pub mod secret;
pub mod tf_provider;

#[cfg(test)]
#[path = "../tests/fuzz/bytes.rs"]
mod fuzz;
#[cfg(test)]
mod layers;
