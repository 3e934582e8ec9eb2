//! List resources for `terraform query`, one file for each resource type.

mod seats;
mod service_accounts;
mod tokens;
mod users;

use std::sync::Arc;

pub use seats::Seats;
pub use service_accounts::ServiceAccounts;
pub use tokens::Tokens;
pub use users::Users;

use crate::client;
use crate::provider_data::ProviderData;
use crate::tf_provider::context::Context;
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// Returns the members, sorted by ID.
///
/// # Errors
/// Returns an error if this deployment cannot list them, or if the API request failed.
async fn members(cx: &Context<ProviderData>) -> Result<Arc<client::Users>> {
    cx.client()?.org.users().await?.ok_or_else(|| {
        Diagnostic::error(
            "List operation not supported",
            "This Anaconda deployment uses the legacy API, which cannot list the users of an organization. \
             See the organization's page.",
        )
        .into()
    })
}

/// Returns the display name of a member: the email address, the name, or the ID.
fn name_of(user: &client::User) -> String {
    let names: Vec<_> =
        [&user.first_name, &user.last_name].into_iter().flatten().map(String::as_str).collect();
    match &user.email {
        Some(email) if !user.looks_managed() => email.clone(),
        _ if !names.is_empty() => names.join(" "),
        _ => user.id.to_string(),
    }
}
