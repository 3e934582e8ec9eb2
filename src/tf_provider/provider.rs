//! [`Provider`]: all that a provider offers, in one list.

use super::cx::Client;
use super::data_source::DataSource;
use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::dispatch::Registry;
use super::dispatch::data_sources::DataSources;
use super::dispatch::resources::Resources;
use super::resource::Resource;
use super::schema::Schema;
use super::types::Type;
use super::value::Value;

/// Makes the client from the provider's configuration and the version of Terraform.
///
/// The configuration may hold unknown values while Terraform plans. No request may be made: this
/// runs several times in each command.
pub type Connect<C> = fn(config: &Value, terraform_version: &str) -> Result<C>;

/// A provider: its configuration, and what it offers.
#[derive(Debug)]
pub struct Provider<C> {
    pub(super) schema: Schema,
    pub(super) config_type: Type,
    pub(super) connect: Connect<C>,
    pub(super) resources: Resources<C>,
    pub(super) data_sources: DataSources<C>,
    pub(super) problems: Diagnostics,
}

impl<C: Client> Provider<C> {
    /// A provider with this configuration and nothing to manage yet.
    #[must_use]
    pub fn new(schema: Schema, connect: Connect<C>) -> Self {
        Self {
            config_type: schema.object_type(),
            schema,
            connect,
            resources: Registry::new("resource"),
            data_sources: Registry::new("data source"),
            problems: Diagnostics::default(),
        }
    }

    /// Offers a resource.
    #[must_use]
    pub fn resource<R: Resource<Client = C>>(mut self) -> Self {
        let free = self.resources.add::<R>();
        self.named(free, R::NAME)
    }

    /// Offers a data source.
    #[must_use]
    pub fn data_source<D: DataSource<Client = C>>(mut self) -> Self {
        let free = self.data_sources.add::<D>();
        self.named(free, D::NAME)
    }

    /// Notes a name that is given twice, for the answer to the first call.
    fn named(mut self, free: bool, name: &str) -> Self {
        if !free {
            self.problems.push(Diagnostic::bug(format!("Two things are named \"{name}\".")));
        }
        self
    }
}
