//! [`User`]: a user as the listing shows them, and what can be told from that.
//!
//! API facts: Organization Management API 1.0.0, schema `OrganizationUser`.

use serde::Deserialize;

use super::UserId;

/// What stands in `subscriptions` for a seat that we assigned, until a listing tells more: the
/// answer does not say which product it is for.
pub(super) const UNTOLD: &str = "assigned";

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
    /// Product codes of the subscriptions in which the user holds a seat; to show them, take
    /// [`User::told_subscriptions`].
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

    /// Whether the listing has told the products of the user's seat. It has not when we assigned
    /// the seat after the listing came.
    #[must_use]
    pub fn subscriptions_are_told(&self) -> bool {
        !self.subscriptions.iter().any(|product| product == UNTOLD)
    }

    /// Product codes, as far as the listing told them.
    #[must_use]
    pub fn told_subscriptions(&self) -> Vec<String> {
        self.subscriptions.iter().filter(|product| *product != UNTOLD).cloned().collect()
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::{listed, user_id};
    use super::*;

    fn user(json: &Value) -> User {
        serde_json::from_value(json.clone()).unwrap()
    }

    #[test]
    fn a_managed_user_has_no_address_or_one_made_of_the_id() {
        let mut json = listed(1);
        assert!(!user(&json).looks_managed());
        for email in [json!(null), json!(""), json!(format!("m-{}@x.example", user_id(1)))] {
            json["email"] = email;
            assert!(user(&json).looks_managed(), "{json}");
        }
        json["email"] = json!(format!("ada@{}.example", user_id(1)));
        assert!(!user(&json).looks_managed());
        json.as_object_mut().unwrap().remove("email");
        assert!(user(&json).looks_managed());
    }

    #[test]
    fn roles_are_known_and_others_kept() {
        for (text, role) in [
            ("member", Role::Member),
            ("admin", Role::Admin),
            ("billing_manager", Role::BillingManager),
            ("owner", Role::Other("owner".into())),
        ] {
            let mut json = listed(1);
            json["role"] = json!(text);
            assert_eq!(user(&json).role, role);
            assert_eq!((role.as_str(), user(&json).is_admin()), (text, text == "admin"));
        }
    }
}
