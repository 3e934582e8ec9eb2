//! [`Provider::catalog`]: what a provider offers, for its documentation and its tests.
//!
//! Whatever has to cover every resource iterates over this list, so that a new resource needs no
//! entry anywhere but in the provider's own list.

use super::function::Function;
use super::identity::IdentityAttribute;
use super::provider::Provider;
use super::schema::Schema;

/// What an entry of the catalog is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The provider block.
    Provider,
    /// A managed resource.
    Resource,
    /// A data source.
    DataSource,
    /// An ephemeral resource.
    EphemeralResource,
    /// A list resource, named as the managed resource that it lists.
    ListResource,
    /// An action.
    Action,
    /// A function. It has no schema: see [`Provider::functions`].
    Function,
}

/// One thing that has a schema.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// What it is.
    pub kind: Kind,
    /// The type name, such as `anaconda_user`. Empty for the provider block, whose name is chosen
    /// by the configuration that requires it.
    pub name: &'static str,
    /// Its arguments, attributes, and blocks.
    pub schema: &'a Schema,
    /// The identity of a managed resource. Empty for one without identity, and for other kinds.
    pub identity: &'a [IdentityAttribute],
}

impl<C: 'static> Provider<C> {
    /// Returns everything that has a schema: the provider block first, then a kind after the other,
    /// each in the order of names.
    #[must_use]
    pub fn catalog(&self) -> Vec<Entry<'_>> {
        let plain = |kind| move |(name, schema)| Entry { kind, name, schema, identity: &[] };
        let block = std::iter::once(("", &self.schema)).map(plain(Kind::Provider));
        let resources = self.resources.iter().map(|(name, it)| Entry {
            identity: it.handler.identity_schema(),
            ..plain(Kind::Resource)((name, &it.schema))
        });
        let data_sources = self.data_sources.iter().map(|(name, it)| (name, &it.schema));
        let ephemerals = self.ephemerals.iter().map(|(name, it)| (name, &it.schema));
        let lists = self.lists.iter().map(|(name, it)| (name, &it.schema));
        let actions = self.actions.iter().map(|(name, it)| (name, &it.schema));
        block
            .chain(resources)
            .chain(data_sources.map(plain(Kind::DataSource)))
            .chain(ephemerals.map(plain(Kind::EphemeralResource)))
            .chain(lists.map(plain(Kind::ListResource)))
            .chain(actions.map(plain(Kind::Action)))
            .collect()
    }

    /// Returns the functions, in the order in which they were added.
    #[must_use]
    pub fn functions(&self) -> &[Function] {
        &self.functions
    }
}

#[cfg(test)]
impl<C: super::context::Client> Provider<C> {
    /// Imports an object as the protocol's call does, without the refresh that follows it.
    pub(crate) async fn import(
        &self,
        cx: &mut super::context::Context<C>,
        resource: &str,
        id: &str,
    ) -> super::diagnostics::Result<super::value::Value> {
        self.resources.get(resource)?.handler.import(cx, id).await
    }
}
