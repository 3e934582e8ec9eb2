//! The provider: its registrations and its configuration.

mod access;
mod base_url;
mod config;
mod credentials;
mod settings;

pub use config::schema;

use crate::client::Settings;
use crate::provider_data::ProviderData;
use crate::resources::{Onboarding, Seat, ServiceAccount, Token, User};
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::provider::Provider;
use crate::tf_provider::value::Value;
use crate::{actions, data_sources, ephemeral, functions, lists};

/// Returns the settings of the client, from arguments as in the provider block and from the
/// environment of the process.
///
/// Programs other than Terraform use it.
///
/// # Errors
/// Returns the errors that Terraform would get when it configures the provider.
pub fn settings(arguments: &Value, program: &str) -> Result<Settings> {
    config::settings(arguments, program)
}

/// Returns the provider with all its resources, data sources, actions, functions, and lists.
#[must_use]
pub fn provider() -> Provider<ProviderData> {
    Provider::new(schema(), config::connect)
        .resource::<Onboarding>()
        .resource::<Seat>()
        .resource::<ServiceAccount>()
        .resource::<Token>()
        .resource::<User>()
        .data_source::<data_sources::Seats>()
        .data_source::<data_sources::ServiceAccount>()
        .data_source::<data_sources::ServiceAccounts>()
        .data_source::<data_sources::Tokens>()
        .data_source::<data_sources::User>()
        .data_source::<data_sources::Users>()
        .ephemeral::<ephemeral::AccessToken>()
        .list::<lists::Seats>()
        .list::<lists::ServiceAccounts>()
        .list::<lists::Tokens>()
        .list::<lists::Users>()
        .action::<actions::OffboardUser>()
        .action::<actions::OnboardUsers>()
        .action::<actions::RenewToken>()
        .action::<actions::RevokeUserTokens>()
        .function(functions::normalize_email())
}
