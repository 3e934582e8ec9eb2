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

use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics};
use crate::tf_provider::schema::{Attribute, required};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

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
