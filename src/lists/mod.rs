//! The list resources: what `terraform query` finds, a file for each type.

mod seats;
mod service_accounts;
mod tokens;
mod users;

use std::sync::Arc;

pub use seats::Seats;
pub use service_accounts::ServiceAccounts;
pub use tokens::Tokens;
pub use users::Users;

use crate::anaconda::Anaconda;
use crate::client;
use crate::tf_provider::cx::Cx;
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// The members, ordered by id.
///
/// # Errors
/// This deployment cannot list them, or the API could not tell.
async fn members(cx: &Cx<Anaconda>) -> Result<Arc<client::Users>> {
    cx.client()?.org.users().await?.ok_or_else(|| {
        Diagnostic::error(
            "This deployment has no such list",
            "This deployment of Anaconda cannot list the users of an organization, so there is nothing \
             to search in. Look at the organization's page.",
        )
        .into()
    })
}

/// How a person recognises a member: by address, or by name, or else by id.
fn name_of(user: &client::User) -> String {
    let names: Vec<_> =
        [&user.first_name, &user.last_name].into_iter().flatten().map(String::as_str).collect();
    match &user.email {
        Some(email) if !user.looks_managed() => email.clone(),
        _ if !names.is_empty() => names.join(" "),
        _ => user.id.to_string(),
    }
}
