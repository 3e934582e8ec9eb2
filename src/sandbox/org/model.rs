//! What an organization consists of.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::sandbox::dates;
use crate::sandbox::secret_store::SecretString;

/// Somebody, or something, in the organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct User {
    /// Never changes.
    #[serde(with = "super::as_text")]
    pub(crate) id: Uuid,
    /// In lower case. Absent: a managed user, linked to no person.
    pub(crate) email: Option<String>,
    /// First name, if known.
    pub(crate) first_name: Option<String>,
    /// Last name, if known.
    pub(crate) last_name: Option<String>,
    /// What the user may do.
    pub(crate) role: Role,
    /// Whether the user holds a seat.
    pub(crate) seat: bool,
    /// Every token the user ever had here, oldest first.
    pub(crate) tokens: Vec<Token>,
}

impl User {
    /// A plain member with no seat and no token.
    pub(crate) fn member(email: Option<String>) -> Self {
        Self {
            id: Uuid::new_v4(),
            email,
            first_name: None,
            last_name: None,
            role: Role::Member,
            seat: false,
            tokens: Vec::new(),
        }
    }

    /// The address in the list of users, where every user has one: a managed user's is made up.
    pub(crate) fn listed_email(&self) -> String {
        self.email.clone().unwrap_or_else(|| format!("{}@managed.invalid", self.id))
    }
}

/// What a user may do in the organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Role {
    /// Uses packages.
    Member,
    /// Manages the organization.
    Admin,
    /// Pays for it.
    BillingManager,
}

impl Role {
    /// The API's word.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::BillingManager => "billing_manager",
        }
    }

    /// The role with this word.
    pub(crate) fn named(word: &str) -> Option<Self> {
        [Self::Member, Self::Admin, Self::BillingManager].into_iter().find(|r| r.as_str() == word)
    }
}

/// An organization access token of a user. Its value is not kept: nothing here ever checks it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Token {
    /// Never changes.
    #[serde(with = "super::as_text")]
    pub(crate) id: Uuid,
    /// The expiry as listings show it.
    #[serde(with = "super::as_text")]
    pub(crate) expires_at: Timestamp,
    /// Months the token lives on beyond `expires_at`. Never shown.
    pub(crate) tolerance_months: u32,
    /// Whether somebody or another token ended it.
    pub(crate) revoked: bool,
    /// Whether its value was mailed to the user.
    pub(crate) emailed: bool,
}

impl Token {
    /// Whether the token opens the door at this time.
    pub(crate) fn is_live(&self, now: Timestamp) -> bool {
        !self.revoked && now < dates::plus_months(self.expires_at, self.tolerance_months)
    }
}

/// An identity for machines.
#[derive(Clone, Debug)]
pub(crate) struct ServiceAccount {
    /// Need not be unique: the API does not say that it is.
    pub(crate) name: String,
    /// Unique.
    pub(crate) client_id: String,
    /// What it signs in with.
    pub(crate) secret: SecretString,
}

/// An address that was accepted for onboarding and is not a member yet.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Pending {
    /// In lower case.
    pub(crate) email: String,
    /// When it becomes a member.
    #[serde(with = "super::as_text")]
    pub(crate) ready_at: Timestamp,
}

/// A mail the service would have sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Mail {
    /// The address.
    pub(crate) to: String,
    /// What it is about: `seat_assigned`, `token`, `welcome`, or `onboarded` (to the admin).
    pub(crate) kind: String,
}
