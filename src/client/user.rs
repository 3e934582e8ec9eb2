//! [`User`]: a user as the listing shows them, and what can be told from that.
//!
//! API facts: Organization Management API 1.0.0, schema `OrganizationUser`.

use serde::Deserialize;

use super::{UserId, lenient};

/// What stands in `subscriptions` for a seat that we assigned, until a listing tells more: the
/// answer does not say which product it is for.
pub(super) const UNKNOWN_PRODUCT: &str = "assigned";

/// Products that a person has without an organization.
const PERSONAL: [&str; 2] = ["free_subscription", "starter_subscription"];

/// Products of which an organization gives seats. Any other that is not personal counts as one, too.
const SEATS: [&str; 2] = ["commercial_subscription", "security_subscription"];

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
    #[serde(default, deserialize_with = "role")]
    pub role: Role,
    /// Product codes of the subscriptions in which the user holds a seat; to show them, take
    /// [`User::known_subscriptions`].
    #[serde(default, deserialize_with = "lenient::texts")]
    pub subscriptions: Vec<String>,
    /// Groups. `None` unless they were asked for.
    #[serde(default)]
    pub groups: Option<Vec<Group>>,
}

impl User {
    /// Whether the user holds a seat: the listing has no better sign than a subscription that is
    /// not the person's own.
    #[must_use]
    pub fn has_seat(&self) -> bool {
        self.subscriptions.iter().any(|product| !is_personal(product))
    }

    /// Whether the listing has told the products of the user's seat. It has not when we assigned
    /// the seat after the listing came.
    #[must_use]
    pub fn subscriptions_are_told(&self) -> bool {
        !self.subscriptions.iter().any(|product| product == UNKNOWN_PRODUCT)
    }

    /// Product codes, as far as the listing told them.
    #[must_use]
    pub fn known_subscriptions(&self) -> Vec<String> {
        self.subscriptions.iter().filter(|product| *product != UNKNOWN_PRODUCT).cloned().collect()
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
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Role {
    /// `member`
    #[default]
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

/// A role. One that is not told gives no right to assume more than membership.
fn role<'de, D: serde::Deserializer<'de>>(from: D) -> Result<Role, D::Error> {
    Ok(lenient::optional_text(from)?.map(Role::from).unwrap_or_default())
}

/// Whether a product is a person's own, and not one of which the organization gives seats.
///
/// Source: fixtures of Anaconda's own clients.
pub(super) fn is_personal(product: &str) -> bool {
    PERSONAL.iter().any(|known| known.eq_ignore_ascii_case(product.trim()))
}

/// Whether a product is neither personal nor one of which an organization is known to give seats.
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

/// A group that a user belongs to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Group {
    /// The group's UUID. It is never used in a path.
    #[serde(default, deserialize_with = "lenient::text")]
    pub id: String,
    /// The group's name.
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
