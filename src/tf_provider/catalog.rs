//! [`Provider::catalog`]: all types of a provider, for its documentation and its tests.
//!
//! Code that must cover every resource iterates over this list. A new resource needs no other entry
//! than the one in the provider's own list.

use super::function::Function;
use super::identity::IdentityAttribute;
use super::provider::Provider;
use super::schema::Schema;

/// Kind of a catalog entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// The provider block.
    Provider,
    /// Managed resource.
    Resource,
    /// Data source.
    DataSource,
    /// Ephemeral resource.
    EphemeralResource,
    /// List resource, with the name of the managed resource that it lists.
    ListResource,
    /// Action.
    Action,
    /// Function. It has no schema: see [`Provider::functions`].
    Function,
}

/// Catalog entry: an item with a schema.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    /// Kind of the entry.
    pub kind: Kind,
    /// Type name, such as `anaconda_user`. Empty for the provider block, whose name is chosen by
    /// the configuration that requires it.
    pub name: &'static str,
    /// Arguments, attributes, and blocks.
    pub schema: &'a Schema,
    /// Identity of a managed resource. Empty for a resource without identity, and for other kinds.
    pub identity: &'a [IdentityAttribute],
}

impl<C: 'static> Provider<C> {
    /// Returns all entries that have a schema: the provider block first, then one kind after the
    /// other, each sorted by name.
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
    /// Imports an object as the protocol's RPC does, without the refresh that follows it.
    pub(crate) async fn import(
        &self,
        cx: &mut super::context::Context<C>,
        resource: &str,
        id: &str,
    ) -> super::diagnostics::Result<super::value::Value> {
        self.resources.get(resource)?.handler.import(cx, id).await
    }
}
