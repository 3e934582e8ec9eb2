//! Terraform provider for an Anaconda organization: people, seats, tokens and service accounts.
//!
//! The layers, from the outside in; imports point only downwards:
//!
//! - [`provider`]: what is offered, and what the provider block becomes.
//! - [`resources`] and [`data_sources`]: a file for each.
//! - [`client`]: Anaconda's API over HTTP. Knows nothing of Terraform.
//! - [`tf_provider`]: Terraform's plugin protocol. Knows nothing of Anaconda.
//! - [`secret`]: text that must not be seen.
//!
//! Beside them, and sharing no code with them, [`sandbox`] imitates the API, so that it can catch
//! their mistakes.

pub mod client;
pub mod data_sources;
pub mod provider;
pub mod resources;
pub mod sandbox;
pub mod secret;
pub mod tf_provider;
