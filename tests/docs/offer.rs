//! What the provider offers, as the pages need it: kind, name, schema, identity.

use terraform_provider_anaconda::tf_provider::prelude::*;
use terraform_provider_anaconda::{
    actions, data_sources, ephemeral, functions, lists, provider, resources,
};

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
    fn new(kind: Kind, name: &'static str, schema: &Schema) -> Self {
        Self {
            kind,
            name,
            description: schema.description,
            reference: schema::reference(schema),
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

fn resource<R: Resource>() -> Offered {
    let identity = schema::identity(&R::identity_schema());
    Offered { identity, ..Offered::new(Kind::Resource, R::NAME, &R::schema()) }
}

fn data_source<D: DataSource>() -> Offered {
    Offered::new(Kind::DataSource, D::NAME, &D::schema())
}

fn list<L: List>() -> Offered {
    Offered::new(Kind::ListResource, L::Resource::NAME, &L::schema())
}

fn action<A: Action>() -> Offered {
    Offered::new(Kind::Action, A::NAME, &A::schema())
}

/// All that is offered. The acceptance tests compare the folders of examples with the schemas that
/// Terraform sees, and a test here compares this list with those folders.
pub(crate) fn all() -> Vec<Offered> {
    let function = functions::normalize_email();
    vec![
        Offered::new(Kind::Provider, "anaconda", &provider::schema()),
        resource::<resources::Onboarding>(),
        resource::<resources::Seat>(),
        resource::<resources::ServiceAccount>(),
        resource::<resources::Token>(),
        resource::<resources::User>(),
        data_source::<data_sources::Seats>(),
        data_source::<data_sources::ServiceAccount>(),
        data_source::<data_sources::ServiceAccounts>(),
        data_source::<data_sources::Tokens>(),
        data_source::<data_sources::User>(),
        data_source::<data_sources::Users>(),
        Offered::new(
            Kind::EphemeralResource,
            ephemeral::AccessToken::NAME,
            &ephemeral::AccessToken::schema(),
        ),
        list::<lists::Seats>(),
        list::<lists::ServiceAccounts>(),
        list::<lists::Tokens>(),
        list::<lists::Users>(),
        action::<actions::OffboardUser>(),
        action::<actions::OnboardUsers>(),
        action::<actions::RenewToken>(),
        action::<actions::RevokeUserTokens>(),
        Offered {
            kind: Kind::Function,
            name: function.name,
            description: function.description,
            reference: schema::function(&function),
            identity: String::new(),
        },
    ]
}
