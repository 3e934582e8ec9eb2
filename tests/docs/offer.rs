//! Everything that the provider offers, with the data for the pages: kind, name, schema, and
//! identity.

use terraform_provider_anaconda::provider;
use terraform_provider_anaconda::tf_provider::catalog::{Entry, Kind};
use terraform_provider_anaconda::tf_provider::function::Function;

use crate::schema;

/// Returns the directory of the pages and examples of a kind, or `None` for the provider itself.
pub(crate) fn folder(kind: Kind) -> Option<&'static str> {
    match kind {
        Kind::Provider => None,
        Kind::Resource => Some("resources"),
        Kind::DataSource => Some("data-sources"),
        Kind::EphemeralResource => Some("ephemeral-resources"),
        Kind::ListResource => Some("list-resources"),
        Kind::Action => Some("actions"),
        Kind::Function => Some("functions"),
    }
}

/// Returns the name of a kind in titles.
pub(crate) fn title(kind: Kind) -> &'static str {
    match kind {
        Kind::Provider => "Provider",
        Kind::Resource => "Resource",
        Kind::DataSource => "Data Source",
        Kind::EphemeralResource => "Ephemeral Resource",
        Kind::ListResource => "List Resource",
        Kind::Action => "Action",
        Kind::Function => "Function",
    }
}

/// One item that the provider offers.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) kind: Kind,
    /// Name in configurations, such as `anaconda_user`.
    pub(crate) name: &'static str,
    /// Description in Markdown.
    pub(crate) description: &'static str,
    /// Reference: arguments, attributes, and blocks, or the signature and its parameters.
    pub(crate) reference: String,
    /// List of the identity attributes. Empty if the item has no identity.
    pub(crate) identity: String,
}

impl Offered {
    fn new(entry: Entry<'_>) -> Self {
        Self {
            kind: entry.kind,
            name: entry.name,
            description: entry.schema.description,
            reference: schema::reference(entry.schema),
            identity: schema::identity(entry.identity),
        }
    }

    fn function(function: &Function) -> Self {
        Self {
            kind: Kind::Function,
            name: function.name,
            description: function.description,
            reference: schema::function(function),
            identity: String::new(),
        }
    }

    /// Returns the page as a path below `docs`.
    pub(crate) fn page(&self) -> String {
        match folder(self.kind) {
            None => "index.md".to_owned(),
            Some(folder) => {
                format!("{folder}/{}.md", self.name.trim_start_matches("anaconda_"))
            }
        }
    }
}

/// Returns everything that the provider offers.
pub(crate) fn all() -> Vec<Offered> {
    let provider = provider::provider();
    let with_schema = provider.catalog().into_iter().map(Offered::new);
    let functions = provider.functions().iter().map(Offered::function);
    with_schema.chain(functions).collect()
}
