//! `anaconda_user`: one member, found by ID or by email address.

use super::listed::{members_in_full, the_user};
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// A member of the organization.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct User {
    id: Attr<String>,
    email: Attr<String>,
    first_name: Attr<String>,
    last_name: Attr<String>,
    role: Attr<String>,
    managed: Attr<bool>,
    has_seat: Attr<bool>,
    subscriptions: Attr<Vec<String>>,
}

impl DataSource for User {
    const NAME: &'static str = "anaconda_user";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new("Reads a member of the organization by `id` or by `email`.").attributes([
            optional_computed(
                "id",
                Type::String,
                "UUID of the user. Exactly one of `id` and `email` must be set.",
            ),
            optional_computed(
                "email",
                Type::String,
                "Email address of the user (case-insensitive). Exactly one of `id` and `email` must be set.",
            ),
            computed("first_name", Type::String, "First name."),
            computed("last_name", Type::String, "Last name."),
            computed(
                "role",
                Type::String,
                "Role in the organization: `member`, `admin`, or `billing_manager`.",
            ),
            computed(
                "managed",
                Type::Bool,
                "Whether the user is a managed user, which was created without an email address.",
            ),
            computed("has_seat", Type::Bool, "Whether the user has a seat."),
            computed(
                "subscriptions",
                Type::list(Type::String),
                "Product codes of the subscriptions of the user.",
            ),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        exactly_one(config, "id", "email")
    }

    async fn read(cx: &mut Context<ProviderData>, config: Self) -> Result<Self> {
        let users = members_in_full(cx).await?;
        let user = the_user(cx, &users, &config.id, &config.email).await?;
        let shown = match config.email {
            Attr::Known(spelled) => Attr::Known(spelled),
            _ => user.email.clone().into(),
        };
        Ok(Self {
            id: match config.id {
                Attr::Known(spelled) => Attr::Known(spelled),
                _ => Attr::Known(user.id.to_string()),
            },
            email: shown,
            first_name: user.first_name.clone().into(),
            last_name: user.last_name.clone().into(),
            role: Attr::Known(user.role.as_str().to_owned()),
            managed: Attr::Known(user.looks_managed()),
            has_seat: Attr::Known(user.has_seat()),
            subscriptions: Attr::Known(user.known_subscriptions()),
        })
    }
}
