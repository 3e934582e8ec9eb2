//! What the provider offers, as the pages need it: kind, name, schema, identity.

use terraform_provider_anaconda::provider;
use terraform_provider_anaconda::tf_provider::catalog::{Entry, Kind};
use terraform_provider_anaconda::tf_provider::function::Function;

use crate::schema;

/// The folder of the pages and examples of a kind; none for the provider itself.
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

/// How a title names a kind.
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

/// One thing that the provider offers.
#[derive(Debug)]
pub(crate) struct Offered {
    pub(crate) kind: Kind,
    /// Its name in configurations, such as `anaconda_user`.
    pub(crate) name: &'static str,
    /// What it is for, in Markdown.
    pub(crate) description: &'static str,
    /// Its reference: arguments, attributes, blocks; or signature and parameters.
    pub(crate) reference: String,
    /// The attributes of its identity, as a list; empty where it has none.
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

    /// The page, as a path below `docs`.
    pub(crate) fn page(&self) -> String {
        match folder(self.kind) {
            None => "index.md".to_owned(),
            Some(folder) => {
                format!("{folder}/{}.md", self.name.trim_start_matches("anaconda_"))
            }
        }
    }
}

/// All that the provider offers.
pub(crate) fn all() -> Vec<Offered> {
    let provider = provider::provider();
    let with_schema = provider.catalog().into_iter().map(Offered::new);
    let functions = provider.functions().iter().map(Offered::function);
    with_schema.chain(functions).collect()
}
