//! Terraform provider for an Anaconda organization.

pub mod client;
pub mod sandbox;
pub mod secret;
pub mod tf_provider;
