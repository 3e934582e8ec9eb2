//! [`User`]: a user as the user list shows them, and the properties derived from that.
//!
//! API facts: Organization Management API 1.0.0, schema `OrganizationUser`.

use serde::Deserialize;

use super::{UserId, lenient};

/// Placeholder product code for a newly assigned seat; the API response does not name the product.
pub(super) const UNKNOWN_PRODUCT: &str = "assigned";

/// Products that a user has without an organization.
const PERSONAL: [&str; 2] = ["free_subscription", "starter_subscription"];

/// Products whose seats an organization assigns. Any other product that is not personal also counts
/// as a seat.
const SEATS: [&str; 2] = ["commercial_subscription", "security_subscription"];

/// User as the user list shows them.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct User {
    /// UUID of the user.
    pub id: UserId,
    /// Email address. A managed user has none, or a generated one.
    #[serde(default)]
    pub email: Option<String>,
    /// First name, or the first half of a managed user's purpose.
    #[serde(default)]
    pub first_name: Option<String>,
    /// Last name, or the second half of a managed user's purpose.
    #[serde(default)]
    pub last_name: Option<String>,
    /// Role of the user in the organization.
    #[serde(default, deserialize_with = "role")]
    pub role: Role,
    /// Product codes of the subscriptions in which the user has a seat. Use
    /// [`User::known_subscriptions`] to display them.
    #[serde(default, deserialize_with = "lenient::texts")]
    pub subscriptions: Vec<String>,
    /// Groups. `None` unless the request included them.
    #[serde(default)]
    pub groups: Option<Vec<Group>>,
}

impl User {
    /// Reports whether the user has a seat. The best sign in the user list is a subscription that
    /// is not personal.
    #[must_use]
    pub fn has_seat(&self) -> bool {
        self.subscriptions.iter().any(|product| !is_personal(product))
    }

    /// Reports whether a list has shown the products of the user's seat. It has not if this run
    /// assigned the seat after the list response.
    #[must_use]
    pub fn has_known_subscriptions(&self) -> bool {
        !self.subscriptions.iter().any(|product| product == UNKNOWN_PRODUCT)
    }

    /// Returns the known product codes, without the placeholder.
    #[must_use]
    pub fn known_subscriptions(&self) -> Vec<String> {
        self.subscriptions.iter().filter(|product| *product != UNKNOWN_PRODUCT).cloned().collect()
    }

    /// Reports whether the user is an admin of the organization.
    #[must_use]
    pub fn is_admin(&self) -> bool {
        self.role == Role::Admin
    }

    /// Reports whether this looks like a managed user: no email address, or a generated one that
    /// contains the user's own ID before the `@`. The API does not mark managed users.
    #[must_use]
    pub fn looks_managed(&self) -> bool {
        let Some(email) = self.email.as_deref().filter(|email| !email.is_empty()) else {
            return true;
        };
        let local = email.rsplit_once('@').map_or(email, |(local, _)| local);
        local.to_ascii_lowercase().contains(self.id.as_str())
    }
}

/// Role of a user in the organization.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// `member`
    #[default]
    Member,
    /// `admin`
    Admin,
    /// `billing_manager`
    BillingManager,
    /// Unknown role, as the API spells it.
    Other(String),
}

impl Role {
    /// Returns the API's spelling.
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

/// Reads a role. A missing role counts as `member`, because nothing justifies more rights.
fn role<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Role, D::Error> {
    Ok(lenient::optional_text(from)?.map(Role::from).unwrap_or_default())
}

/// Reports whether a product is personal, not one whose seats the organization assigns.
///
/// Source: fixtures of Anaconda's own clients.
pub(super) fn is_personal(product: &str) -> bool {
    PERSONAL.iter().any(|known| known.eq_ignore_ascii_case(product.trim()))
}

/// Reports whether a product is neither personal nor one whose seats an organization is known to
/// assign.
pub(super) fn is_unknown_product(product: &str) -> bool {
    let known = SEATS.iter().any(|known| known.eq_ignore_ascii_case(product.trim()));
    !known && !is_personal(product) && product != UNKNOWN_PRODUCT
}

impl From<String> for Role {
    fn from(role: String) -> Self {
        match role.trim().to_ascii_lowercase().as_str() {
            "member" => Self::Member,
            "admin" => Self::Admin,
            "billing_manager" => Self::BillingManager,
            _ => Self::Other(role),
        }
    }
}

/// Group of a user.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// UUID of the group. It is never used in a path.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: String,
    /// Name of the group.
    #[serde(default, deserialize_with = "lenient::text")]
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
    fn managed_user_has_no_email_or_generated_one() {
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
    fn every_other_subscription_is_seat() {
        for (codes, seat) in [
            (json!([]), false),
            (json!(null), false),
            (json!(["free_subscription"]), false),
            (json!(["free_subscription", "Starter_Subscription"]), false),
            (json!(["free_subscription", "commercial_subscription"]), true),
            (json!(["brand_new_product"]), true),
        ] {
            let mut json = listed(1);
            json["subscriptions"] = codes;
            assert_eq!(user(&json).has_seat(), seat, "{json}");
        }
        assert!(is_unknown_product("brand_new_product"));
        for known in ["free_subscription", "SECURITY_SUBSCRIPTION", UNKNOWN_PRODUCT] {
            assert!(!is_unknown_product(known), "{known}");
        }
    }

    #[test]
    fn user_record_accepts_missing_fields() {
        let id = user_id(1);
        let upper = id.as_str().to_ascii_uppercase();
        for json in [
            json!({"id": upper}),
            json!({"id": id, "email": null, "first_name": null, "last_name": null, "role": null,
                   "subscriptions": null, "groups": null, "more": {"deep": [1]}}),
            json!({"id": id, "groups": [{"id": 7, "name": null, "org_id": null}]}),
        ] {
            let user = user(&json);
            assert_eq!((&user.id, &user.role, user.has_seat()), (&id, &Role::Member, false));
        }
    }

    #[test]
    fn known_roles_are_parsed_and_others_kept() {
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
