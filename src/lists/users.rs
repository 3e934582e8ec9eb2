//! Listing `anaconda_user`.

use super::{members, name_of};
use crate::anaconda::Anaconda;
use crate::filters::{MemberFilter, is_role};
use crate::resources::User;
use crate::tf_provider::prelude::*;

/// Which users to find.
#[derive(Clone, Debug, Deserialize)]
pub struct Users {
    role: Option<String>,
    has_seat: Option<bool>,
    managed: Option<bool>,
    email_domain: Option<String>,
}

impl List for Users {
    type Resource = User;

    fn schema() -> Schema {
        Schema::new("Finds the members of the organization that pass all filters, ordered by id.").attributes([
            optional("role", Type::String, "Only users with this role: `member`, `admin` or `billing_manager`.").check(is_role),
            optional("has_seat", Type::Bool, "Only users who hold a seat, or with `false` only those who hold none."),
            optional("managed", Type::Bool, "Only users that the organization manages, or with `false` only persons."),
            optional("email_domain", Type::String, "Only users whose e-mail address ends in `@` and this domain; case does not matter."),
        ])
    }

    async fn list(cx: &mut Cx<Anaconda>, filters: Self, found: &mut Found) -> Result<()> {
        let filter = MemberFilter {
            role: filters.role.as_deref(),
            has_seat: filters.has_seat,
            managed: filters.managed,
            email_domain: filters.email_domain.as_deref(),
        };
        let users = members(cx).await?;
        for user in users.iter().filter(|user| filter.admits(user)) {
            if !found.wants_more() {
                break;
            }
            found.push(name_of(user), &User::found(user)).await?;
        }
        Ok(())
    }
}
