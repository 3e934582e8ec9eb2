//! [`Provider`]: all types of a provider in one list.

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

/// Creates the client from the provider configuration and the version of Terraform.
///
/// The configuration might contain unknown values during a plan. The function must not send
/// requests, because it runs several times in each command.
pub type Connect<C> = fn(config: &Value, terraform_version: &str) -> Result<C>;

/// A provider: its configuration, and its types.
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
    /// Creates a provider with this configuration and no types.
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

    /// Adds a resource.
    #[must_use]
    pub fn resource<R: Resource<Client = C>>(mut self) -> Self {
        let free = self.resources.add::<R>();
        self.named(free, R::NAME)
    }

    /// Adds a data source.
    #[must_use]
    pub fn data_source<D: DataSource<Client = C>>(mut self) -> Self {
        let free = self.data_sources.add::<D>();
        self.named(free, D::NAME)
    }

    /// Adds an ephemeral resource.
    #[must_use]
    pub fn ephemeral<E: Ephemeral<Client = C>>(mut self) -> Self {
        let free = self.ephemerals.add::<E>();
        self.named(free, E::NAME)
    }

    /// Adds a list resource for the objects of a resource.
    #[must_use]
    pub fn list<L: List<Resource: Resource<Client = C>>>(mut self) -> Self {
        let free = self.lists.add::<L>();
        self.named(free, L::Resource::NAME)
    }

    /// Adds an action.
    #[must_use]
    pub fn action<A: Action<Client = C>>(mut self) -> Self {
        let free = self.actions.add::<A>();
        self.named(free, A::NAME)
    }

    /// Adds a function.
    #[must_use]
    pub fn function(mut self, function: Function) -> Self {
        let free = self.functions.iter().all(|other| other.name != function.name);
        let name = function.name;
        self.functions.push(function);
        self.named(free, name)
    }

    /// Records a duplicate name, which the first response reports.
    fn named(mut self, free: bool, name: &str) -> Self {
        if !free {
            self.problems.push(Diagnostic::bug(format!("Two things are named \"{name}\".")));
        }
        self
    }
}
