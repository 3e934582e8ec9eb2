//! The provider itself: what it offers, and what its configuration becomes.

mod access;
mod config;
mod credentials;
mod settings;

pub use config::schema;

use crate::anaconda::Anaconda;
use crate::resources::{Onboarding, Seat, ServiceAccount, Token, User};
use crate::tf_provider::provider::Provider;
use crate::{actions, data_sources, ephemeral, functions, lists};

/// All that this provider offers.
#[must_use]
pub fn provider() -> Provider<Anaconda> {
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
