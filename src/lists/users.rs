//! List resource for `anaconda_user`.

use super::{members, name_of};
use crate::filters::{MemberFilter, is_role};
use crate::provider_data::ProviderData;
use crate::resources::User;
use crate::tf_provider::prelude::*;

/// The filters for users.
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
        Schema::new("Lists the members of the organization that match all filters, sorted by ID.").attributes([
            optional("role", Type::String, "Role of the users. Must be `member`, `admin`, or `billing_manager`.").check(is_role),
            optional("has_seat", Type::Bool, "Whether the users have a seat."),
            optional("managed", Type::Bool, "Whether the users are managed users, which were created without an email address."),
            optional("email_domain", Type::String, "Domain of the email addresses of the users, such as `example.com` (case-insensitive)."),
        ])
    }

    async fn list(
        cx: &mut Context<ProviderData>,
        filters: Self,
        found: &mut ListSink,
    ) -> Result<()> {
        let filter = MemberFilter {
            role: filters.role.as_deref(),
            has_seat: filters.has_seat,
            managed: filters.managed,
            email_domain: filters.email_domain.as_deref(),
        };
        let users = members(cx).await?;
        for user in users.iter().filter(|user| filter.admits(user)) {
            if !found.has_capacity() {
                break;
            }
            found.push(name_of(user), &User::found(user)).await?;
        }
        Ok(())
    }
}
