//! The provider itself: what it offers, and what its configuration becomes.

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

/// What the client is made of, from arguments as in the provider block and from the environment of
/// the process: for programs other than Terraform.
///
/// # Errors
/// The same as when Terraform configures the provider.
pub fn settings(arguments: &Value, program: &str) -> Result<Settings> {
    config::settings(arguments, program)
}

/// All that this provider offers.
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
