//! Terraform plugin framework in Rust: version 5 of the plugin protocol, from the process to typed
//! resources.
//!
//! This layer does not depend on the service that a provider manages. A provider declares a
//! [`Provider`](provider::Provider): a schema of its configuration, a function that creates a
//! client from it, and a list of [`Resource`](resource::Resource)s and other types. A resource is a
//! struct of plain Rust values with async methods. MessagePack, JSON states, unknown values, and
//! gRPC stay in this layer.
//!
//! - [`serve`]: the process (handshake, certificates, socket, shutdown). [`log`]: its logs.
//! - `wire`: the protocol's RPCs. The only directory that uses generated types.
//! - `dispatch`: implementation of each RPC for a typed resource. [`resource_plan`]: plans from a
//!   schema.
//! - [`model`]: conversion between values and structs, with serde.

pub mod action;
pub mod attr;
pub mod catalog;
pub mod checks;
pub mod context;
pub mod data_source;
pub mod diagnostics;
mod dispatch;
pub mod ephemeral;
pub mod function;
pub mod identity;
pub mod list;
pub mod log;
pub mod model;
pub mod path;
mod private_state;
pub mod provider;
pub mod resource;
pub mod resource_plan;
mod running;
pub mod schema;
pub mod serve;
pub mod types;
pub mod value;
mod wire;

use std::process::ExitCode;

pub use attr::Attr;

/// Runs a provider as a plugin process until Terraform ends it. This is the whole of `main`.
///
/// `provider` is called after the handshake, so its work does not delay the start.
pub fn run<C: context::Client>(
    about: &serve::About,
    provider: impl FnOnce() -> provider::Provider<C>,
) -> ExitCode {
    serve::run(about, || wire::Service::new(provider()))
}

/// Imports for a file that implements a resource.
pub mod prelude {
    pub use serde::{Deserialize, Serialize};

    pub use super::action::{Action, Progress};
    pub use super::attr::Attr;
    pub use super::checks::exactly_one;
    pub use super::context::Context;
    pub use super::data_source::DataSource;
    pub use super::diagnostics::{Diagnostic, Diagnostics, Result};
    pub use super::ephemeral::Ephemeral;
    pub use super::identity::IdentityAttribute;
    pub use super::list::{List, ListSink};
    pub use super::model::exposed;
    pub use super::resource::Resource;
    pub use super::resource_plan::ResourcePlan;
    pub use super::schema::{Schema, computed, optional, optional_computed, required};
    pub use super::types::Type;
    pub use super::value::Value;
    pub use crate::secret::Secret;
}
