//! The actions: one-off operations that need no script, a file each.
//!
//! What ends something for a person asks for `confirm = true`, so that nobody is locked out by a
//! trigger that was copied.

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
use crate::resources::evidence::{Held, contradicts, held};
use crate::resources::found_member;
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};
use crate::tf_provider::schema::{Attribute, required};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// Makes sure that there is such a user, as far as users can be listed: nothing of somebody who is
/// not there can be revoked, and to say that it was would be untrue.
///
/// # Errors
/// There is no such user, or the API could not tell.
async fn must_be_member(org: &Org, user: &UserId) -> Result<()> {
    let Some(users) = org.users().await? else { return Ok(()) };
    match found_member(org, &users, |users| users.by_id(user).cloned()).await? {
        Some(_) => Ok(()),
        None => Err(no_such_user(org, user).into()),
    }
}

/// The user's tokens. `None`: this deployment cannot list them.
///
/// # Errors
/// There is no such user, or the API could not tell.
async fn tokens_of(org: &Org, user: &UserId) -> Result<Option<Arc<Vec<Token>>>> {
    match held(org, user).await {
        Ok(Held::Listed(tokens)) => Ok(Some(tokens)),
        Ok(Held::Unlisted) => Ok(None),
        Ok(Held::NoUser) => Err(no_such_user(org, user).into()),
        Ok(Held::Contradicted(error)) => Err(contradicts(user, &error).into()),
        Err(error) => Err(error.into()),
    }
}

fn no_such_user(org: &Org, user: &UserId) -> Diagnostic {
    Diagnostic::error(
        "No such user",
        format!(
            "The {} has no user {user}. The provider made no changes. Check the ID, and \
             `organization_id` of the provider.",
            org.organization_label()
        ),
    )
    .at("user_id")
}

/// The argument by which the user says that somebody is meant to lose something.
fn confirm(what_ends: &'static str) -> Attribute {
    required("confirm", Type::Bool, what_ends)
}

/// Refuses anything but `confirm = true`. An unknown value waits.
fn confirmed(config: &Value) -> Diagnostics {
    match config.get("confirm") {
        // That it must be set, the schema says.
        Value::Bool(true) | Value::Unknown | Value::Null => Diagnostics::default(),
        _ => Diagnostic::error(
            "Not confirmed",
            "Nothing was done: this action ends access of a person and cannot be undone. Set \
             `confirm = true` to say that this is meant.",
        )
        .at("confirm")
        .into(),
    }
}
