//! What the provider offers, as the pages need it: kind, name, schema, identity.

use terraform_provider_anaconda::provider;
use terraform_provider_anaconda::tf_provider::catalog::{self, Entry};
use terraform_provider_anaconda::tf_provider::function::Function;

use crate::schema;

/// What a page is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Provider,
    Resource,
    DataSource,
    EphemeralResource,
    ListResource,
    Action,
    Function,
}

impl Kind {
    /// The folder of its pages and of its examples; none for the provider itself.
    pub(crate) fn folder(self) -> Option<&'static str> {
        match self {
            Self::Provider => None,
            Self::Resource => Some("resources"),
            Self::DataSource => Some("data-sources"),
            Self::EphemeralResource => Some("ephemeral-resources"),
            Self::ListResource => Some("list-resources"),
            Self::Action => Some("actions"),
            Self::Function => Some("functions"),
        }
    }

    /// How a title names it.
    pub(crate) fn title(self) -> &'static str {
        match self {
            Self::Provider => "Provider",
            Self::Resource => "Resource",
            Self::DataSource => "Data Source",
            Self::EphemeralResource => "Ephemeral Resource",
            Self::ListResource => "List Resource",
            Self::Action => "Action",
            Self::Function => "Function",
        }
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
        let kind = match entry.kind {
            catalog::Kind::Provider => Kind::Provider,
            catalog::Kind::Resource => Kind::Resource,
            catalog::Kind::DataSource => Kind::DataSource,
            catalog::Kind::EphemeralResource => Kind::EphemeralResource,
            catalog::Kind::ListResource => Kind::ListResource,
            catalog::Kind::Action => Kind::Action,
        };
        Self {
            kind,
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
        match self.kind.folder() {
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
