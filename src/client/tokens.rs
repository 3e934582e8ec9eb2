//! Tokens of users.

use serde::Serialize;

use super::{Error, Org, TokenId, UserId};
use crate::secret::Secret;

/// A token, as the listing shows it: never its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The token's UUID.
    pub id: TokenId,
    /// When it ends, as the API spells it: an RFC 3339 time.
    pub expires_at: String,
    /// Whether it was revoked. A token may also just vanish from the listing.
    pub revoked: bool,
}

/// A token to issue.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    /// When it ends, an RFC 3339 time.
    pub expires_at: String,
    /// Months of grace added to `expires_at`.
    pub expiration_tolerance_months: u32,
    /// Whether the API mails the value to the user.
    pub send_token_email: bool,
}

/// What to change of the user's live token.
#[derive(Clone, Debug, Serialize)]
pub struct TokenChange {
    /// The new end, an RFC 3339 time. The API ignores it when `is_renewal` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Months of grace added to the end.
    pub expiration_tolerance_months: u32,
    /// Set the end to that of the subscription.
    pub is_renewal: bool,
}

/// The answer to issuing a token. The value is shown this once, and no ID comes with it.
#[derive(Clone, Debug)]
pub struct IssuedToken {
    /// The token's value.
    pub token: Secret,
    /// When it ends, if the API says so.
    pub expires_at: Option<String>,
}
