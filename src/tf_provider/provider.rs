//! [`Provider`]: all that a provider offers, in one list.

use super::cx::Client;
use super::diagnostics::{Diagnostic, Diagnostics, Result};
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

/// A provider: its configuration and its resources.
#[derive(Debug)]
pub struct Provider<C> {
    pub(super) schema: Schema,
    pub(super) config_type: Type,
    pub(super) connect: Connect<C>,
    pub(super) resources: Resources<C>,
    pub(super) problems: Diagnostics,
}

impl<C: Client> Provider<C> {
    /// A provider with this configuration and nothing to manage yet.
    #[must_use]
    pub fn new(schema: Schema, connect: Connect<C>) -> Self {
        let config_type = schema.object_type();
        let resources = Resources::default();
        Self { schema, config_type, connect, resources, problems: Diagnostics::default() }
    }

    /// Offers a resource.
    #[must_use]
    pub fn resource<R: Resource<Client = C>>(mut self) -> Self {
        if !self.resources.add::<R>() {
            let what = format!("Two resources are named \"{}\".", R::NAME);
            self.problems.push(Diagnostic::bug(what));
        }
        self
    }
}
