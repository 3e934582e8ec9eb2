//! Lookups that the data sources share.

use std::sync::Arc;

use crate::client::{self, Org};
use crate::provider_data::{ProviderData, capitalized};
use crate::resources::found_member;
use crate::tf_provider::Attr;
use crate::tf_provider::context::Context;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};

/// Returns the members of the organization.
///
/// # Errors
/// Returns an error if this deployment cannot list them, or if the API request failed.
pub(super) async fn members(cx: &Context<ProviderData>) -> Result<Arc<client::Users>> {
    cx.client()?.org.users().await?.ok_or_else(|| no_listing("the users of an organization"))
}

/// Returns the members with their product codes.
///
/// The product of a seat that this run has assigned is unknown at first. In that case the members
/// are listed again, so that this read returns the same data as one in the next run.
///
/// # Errors
/// Returns the errors of [`members`].
pub(super) async fn members_in_full(cx: &Context<ProviderData>) -> Result<Arc<client::Users>> {
    let users = members(cx).await?;
    if users.iter().all(client::User::has_known_subscriptions) {
        return Ok(users);
    }
    cx.client()?.org.refresh_users();
    members(cx).await
}

/// Returns the error for a deployment without the list that a data source reads.
pub(super) fn no_listing(what: &str) -> Diagnostics {
    Diagnostic::error(
        "List operation not supported",
        format!(
            "This Anaconda deployment uses the legacy API, which cannot list {what}. Resources still work: \
             use their attributes instead of this data source."
        ),
    )
    .into()
}

/// Returns the user with this ID or, without an ID, with this email address.
///
/// If the list lacks the user, reads a fresh one.
///
/// # Errors
/// Returns an error if the user does not exist, or if the second list request failed.
pub(super) async fn the_user(
    cx: &Context<ProviderData>,
    users: &client::Users,
    id: &Attr<String>,
    email: &Attr<String>,
) -> Result<client::User> {
    let text = |value: &Attr<String>| value.as_known().cloned().unwrap_or_default();
    let by_id = id.as_known().and_then(|id| client::UserId::parse(id).ok());
    let find = |users: &client::Users| match (&by_id, id) {
        (Some(id), _) => users.by_id(id).cloned(),
        (None, Attr::Known(_)) => None,
        (None, _) => users.by_email(&text(email)).cloned(),
    };
    let org = cx.client()?.org;
    let found = found_member(&org, users, find).await?;
    found.ok_or_else(|| {
        let searched = match id {
            Attr::Known(id) => format!("the ID \"{id}\""),
            _ => format!("the email address \"{}\"", text(email)),
        };
        not_found(&org, "user", &searched, users.len())
    })
}

/// Returns the error for a search without a result.
pub(super) fn not_found(org: &Org, what: &str, searched: &str, among: usize) -> Diagnostics {
    Diagnostic::error(
        format!("{} not found", capitalized(what)),
        format!(
            "None of the {among} {what}s of the {} has {searched}. Check the spelling, and \
             `organization_id` in the provider block.",
            org.organization_label()
        ),
    )
    .into()
}
