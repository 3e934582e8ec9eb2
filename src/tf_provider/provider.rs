//! [`Provider`]: all that a provider offers, in one list.

use super::action::Action;
use super::context::Client;
use super::data_source::DataSource;
use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::dispatch::Registry;
use super::dispatch::actions::Actions;
use super::dispatch::data_sources::DataSources;
use super::dispatch::ephemerals::Ephemerals;
use super::dispatch::lists::Lists;
use super::dispatch::resources::Resources;
use super::ephemeral::Ephemeral;
use super::function::Function;
use super::list::List;
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
    pub(super) ephemerals: Ephemerals<C>,
    pub(super) lists: Lists<C>,
    pub(super) actions: Actions<C>,
    pub(super) functions: Vec<Function>,
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
            ephemerals: Registry::new("ephemeral resource"),
            lists: Registry::new("list resource"),
            actions: Registry::new("action"),
            functions: Vec::new(),
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

    /// Offers an ephemeral resource.
    #[must_use]
    pub fn ephemeral<E: Ephemeral<Client = C>>(mut self) -> Self {
        let free = self.ephemerals.add::<E>();
        self.named(free, E::NAME)
    }

    /// Offers to list the objects of a resource.
    #[must_use]
    pub fn list<L: List<Resource: Resource<Client = C>>>(mut self) -> Self {
        let free = self.lists.add::<L>();
        self.named(free, L::Resource::NAME)
    }

    /// Offers an action.
    #[must_use]
    pub fn action<A: Action<Client = C>>(mut self) -> Self {
        let free = self.actions.add::<A>();
        self.named(free, A::NAME)
    }

    /// Offers a function.
    #[must_use]
    pub fn function(mut self, function: Function) -> Self {
        let free = self.functions.iter().all(|other| other.name != function.name);
        let name = function.name;
        self.functions.push(function);
        self.named(free, name)
    }

    /// Notes a name that is given twice, for the answer to the first call.
    fn named(mut self, free: bool, name: &str) -> Self {
        if !free {
            self.problems.push(Diagnostic::bug(format!("Two things are named \"{name}\".")));
        }
        self
    }
}
