//! Actions: one-off operations, one file each.
//!
//! An action that removes access requires `confirm = true`, so that a copied trigger locks out no
//! user.

mod offboard_user;
mod onboard_users;
mod renew_token;
mod revoke_user_tokens;

pub use offboard_user::OffboardUser;
pub use onboard_users::OnboardUsers;
pub use renew_token::RenewToken;
pub use revoke_user_tokens::RevokeUserTokens;

use std::sync::Arc;

use crate::client::{Org, Token, UserId};
use crate::resources::evidence::{UserTokens, contradictory_responses, user_tokens};
use crate::resources::found_member;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};
use crate::tf_provider::schema::{Attribute, required};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// Checks that the user is in the list of users, if users can be listed.
///
/// # Errors
/// Returns an error if the user does not exist, or if the API request failed.
async fn must_be_member(org: &Org, user: &UserId) -> Result<()> {
    let Some(users) = org.users().await? else { return Ok(()) };
    match found_member(org, &users, |users| users.by_id(user).cloned()).await? {
        Some(_) => Ok(()),
        None => Err(no_such_user(org, user).into()),
    }
}

/// Returns the tokens of a user, or `None` if this deployment cannot list them.
///
/// # Errors
/// Returns an error if the user does not exist, or if the API request failed.
async fn tokens_of(org: &Org, user: &UserId) -> Result<Option<Arc<Vec<Token>>>> {
    match user_tokens(org, user).await {
        Ok(UserTokens::Listed(tokens)) => Ok(Some(tokens)),
        Ok(UserTokens::Unlisted) => Ok(None),
        Ok(UserTokens::NoUser) => Err(no_such_user(org, user).into()),
        Ok(UserTokens::Contradicted(error)) => Err(contradictory_responses(user, &error).into()),
        Err(error) => Err(error.into()),
    }
}

fn no_such_user(org: &Org, user: &UserId) -> Diagnostic {
    Diagnostic::error(
        "User not found",
        format!(
            "The {} has no user {user}. The provider made no changes. Check the ID, and \
             `organization_id` in the provider block.",
            org.organization_label()
        ),
    )
    .at("user_id")
}

/// Returns the argument that confirms the loss of access.
fn confirm(what_ends: &'static str) -> Attribute {
    required("confirm", Type::Bool, what_ends)
}

/// Returns an error unless `confirm` is `true`. An unknown value passes.
fn confirmed(config: &Value) -> Diagnostics {
    match config.get("confirm") {
        // The schema already requires a value, so null passes here.
        Value::Bool(true) | Value::Unknown | Value::Null => Diagnostics::default(),
        _ => Diagnostic::error(
            "Missing confirmation",
            "The action made no changes. It removes access of a user and cannot be undone. To confirm it, \
             set `confirm = true`.",
        )
        .at("confirm")
        .into(),
    }
}
