//! `anaconda_users`: the members of the organization, filtered.

use std::sync::Arc;

use super::listed::{members_in_full, no_listing};
use crate::anaconda::Anaconda;
use crate::client;
use crate::filters::{MemberFilter, is_role};
use crate::tf_provider::prelude::*;

/// The filters, and the members that pass them all.
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
    type Client = Anaconda;

    fn schema() -> Schema {
        Schema::new(
            "The members of the organization that pass all filters, ordered by id. Without a filter \
             that is everybody, admins included.",
        )
        .attributes([
            optional("role", Type::String, "Only users with this role: `member`, `admin` or `billing_manager`.").check(is_role),
            optional("has_seat", Type::Bool, "Only users who hold a seat, or with `false` only those who hold none."),
            optional("managed", Type::Bool, "Only users that the organization manages, or with `false` only persons."),
            optional("email_domain", Type::String, "Only users whose e-mail address ends in `@` and this domain; case does not matter."),
            optional("include_groups", Type::Bool, "Whether to read each user's groups too. Default `false`."),
            computed("users", Type::list(member_type()), "The users, each with `id`, `email`, `first_name`, `last_name`, `role`, `managed`, `has_seat`, `subscriptions` and, with `include_groups`, `groups`."),
            computed("ids", Type::list(Type::String), "The UUIDs of the users, in the same order."),
            computed("emails", Type::list(Type::String), "The e-mail addresses of those who have one, in the same order."),
        ])
    }

    async fn read(cx: &mut Cx<Anaconda>, config: Self) -> Result<Self> {
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
            subscriptions: user.told_subscriptions(),
            groups,
        }
    }
}
