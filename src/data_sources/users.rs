//! `anaconda_users`: the members of the organization that match the filters.

use std::sync::Arc;

use super::listed::{members_in_full, no_listing};
use crate::client;
use crate::filters::{MemberFilter, is_role};
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// The filters, and the members that match all of them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Users {
    role: Option<String>,
    has_seat: Option<bool>,
    managed: Option<bool>,
    email_domain: Option<String>,
    include_groups: Option<bool>,
    users: Attr<Vec<Member>>,
    ids: Attr<Vec<String>>,
    emails: Attr<Vec<String>>,
}

/// One member.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Member {
    id: String,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    role: String,
    managed: bool,
    has_seat: bool,
    subscriptions: Vec<String>,
    /// Null without `include_groups`.
    groups: Option<Vec<Group>>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Group {
    id: String,
    name: String,
}

fn member_type() -> Type {
    Type::object([
        ("id", Type::String),
        ("email", Type::String),
        ("first_name", Type::String),
        ("last_name", Type::String),
        ("role", Type::String),
        ("managed", Type::Bool),
        ("has_seat", Type::Bool),
        ("subscriptions", Type::list(Type::String)),
        ("groups", Type::list(Type::object([("id", Type::String), ("name", Type::String)]))),
    ])
}

impl DataSource for Users {
    const NAME: &'static str = "anaconda_users";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Lists the members of the organization that match all filters, sorted by ID. Without filters, lists \
             all members, including admins.",
        )
        .attributes([
            optional("role", Type::String, "Role of the users. Must be `member`, `admin`, or `billing_manager`.").check(is_role),
            optional("has_seat", Type::Bool, "Whether the users have a seat."),
            optional("managed", Type::Bool, "Whether the users are managed users, which were created without an email address."),
            optional("email_domain", Type::String, "Domain of the email addresses of the users, such as `example.com` (case-insensitive)."),
            optional("include_groups", Type::Bool, "Whether to read the groups of each user. Defaults to `false`."),
            computed("users", Type::list(member_type()), "Users, each with `id`, `email`, `first_name`, `last_name`, `role`, `managed`, `has_seat`, `subscriptions`, and `groups`. `groups` is null unless `include_groups` is `true`."),
            computed("ids", Type::list(Type::String), "UUIDs of the users, in the same order."),
            computed("emails", Type::list(Type::String), "Email addresses of the users that have one, in the same order."),
        ])
    }

    async fn read(cx: &mut Context<ProviderData>, config: Self) -> Result<Self> {
        let users = if config.include_groups == Some(true) {
            let all = cx.client()?.org.users_with_groups().await?;
            Arc::new(all.ok_or_else(|| no_listing("the users of an organization"))?)
        } else {
            members_in_full(cx).await?
        };
        let mut found: Vec<&client::User> =
            users.iter().filter(|user| config.admits(user)).collect();
        found.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            ids: Attr::Known(found.iter().map(|user| user.id.to_string()).collect()),
            emails: Attr::Known(found.iter().filter_map(|user| user.email.clone()).collect()),
            users: Attr::Known(found.into_iter().map(Member::of).collect()),
            ..config
        })
    }
}

impl Users {
    fn admits(&self, user: &client::User) -> bool {
        let filter = MemberFilter {
            role: self.role.as_deref(),
            has_seat: self.has_seat,
            managed: self.managed,
            email_domain: self.email_domain.as_deref(),
        };
        filter.admits(user)
    }
}

impl Member {
    fn of(user: &client::User) -> Self {
        let groups = user.groups.as_ref().map(|groups| {
            groups.iter().map(|g| Group { id: g.id.clone(), name: g.name.clone() }).collect()
        });
        Self {
            id: user.id.to_string(),
            email: user.email.clone(),
            first_name: user.first_name.clone(),
            last_name: user.last_name.clone(),
            role: user.role.as_str().to_owned(),
            managed: user.looks_managed(),
            has_seat: user.has_seat(),
            subscriptions: user.known_subscriptions(),
            groups,
        }
    }
}
