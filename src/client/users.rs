//! Users of the organization: their shapes, and the calls that list, add and remove them.
//!
//! API facts: Organization Management API 1.0.0, operations `list_users`, `add_user` and
//! `remove_user`. No call reads one user, so all reading goes through one shared listing.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::UserId;
use super::{Error, Org};

/// A user, as the listing shows them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// The user's UUID.
    pub id: UserId,
    /// Address. A managed user has none, or a generated one.
    #[serde(default)]
    pub email: Option<String>,
    /// First name, or the first half of a managed user's purpose.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name, or the second half of a managed user's purpose.
    #[serde(default)]
    pub last_name: Option<String>,
    /// What the user is in the organization.
    pub role: Role,
    /// Product codes of the subscriptions in which the user holds a seat.
    pub subscriptions: Vec<String>,
    /// Groups. `None` unless they were asked for.
    #[serde(default)]
    pub groups: Option<Vec<Group>>,
}

impl User {
    /// Whether the user holds a seat: the listing has no better sign than a subscription.
    #[must_use]
    pub fn has_seat(&self) -> bool {
        !self.subscriptions.is_empty()
    }

    /// Whether the user is an admin of the organization.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Whether this looks like an organization-managed user: no address, or a generated one that
    /// holds the user's own ID before the `@`. The API has no mark for them.
    #[must_use]
    pub fn looks_managed(&self) -> bool {
        let Some(email) = self.email.as_deref().filter(|email| !email.is_empty()) else {
            return true;
        };
        let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
        local.to_ascii_lowercase().contains(self.id.as_str())
    }
}

/// What a user is in the organization.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(from = "String")]
pub enum Role {
    /// `member`
    Member,
    /// `admin`
    Admin,
    /// `billing_manager`
    BillingManager,
    /// A role this client does not know, as the API spells it.
    Other(String),
}

impl Role {
    /// The API's spelling.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Member => "member",
            Self::Admin => "admin",
            Self::BillingManager => "billing_manager",
            Self::Other(role) => role,
        }
    }
}

impl From<String> for Role {
    fn from(role: String) -> Self {
        match role.as_str() {
            "member" => Self::Member,
            "admin" => Self::Admin,
            "billing_manager" => Self::BillingManager,
            _ => Self::Other(role),
        }
    }
}

/// A group that a user belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// The group's UUID. It is never used in a path.
    pub id: String,
    /// The group's name.
    pub name: String,
}

/// A user to add. Without `email` it becomes an organization-managed user, named after its purpose
/// by the other two.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub struct NewUser<'a> {
    /// Address of the person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<&'a str>,
    /// First name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub first_name: Option<&'a str>,
    /// Last name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_name: Option<&'a str>,
}

/// The answer to adding a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct AddedUser {
    /// The user's UUID.
    pub id: UserId,
    /// Address, if the API gave one.
    #[serde(default)]
    pub email: Option<String>,
    /// First name, if the API knows one.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name, if the API knows one.
    #[serde(default)]
    pub last_name: Option<String>,
}

/// All users of the organization, found by ID or address. Ordered by ID.
#[derive(Clone, Debug, Default)]
pub struct Users {
    by_id: BTreeMap<UserId, Arc<User>>,
    by_email: HashMap<String, UserId>,
}
