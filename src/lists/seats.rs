//! List resource for `anaconda_seat`.

use super::{members, name_of};
use crate::filters::MemberFilter;
use crate::provider_data::ProviderData;
use crate::resources::Seat;
use crate::tf_provider::prelude::*;

/// The filters for the users whose seats are listed.
#[derive(Clone, Debug, Deserialize)]
pub struct Seats {
    managed: Option<bool>,
    email_domain: Option<String>,
}

impl List for Seats {
    type Resource = Seat;

    fn schema() -> Schema {
        Schema::new("Lists the assigned seats of the users that match all filters, sorted by user ID.").attributes([
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
            has_seat: Some(true),
            managed: filters.managed,
            email_domain: filters.email_domain.as_deref(),
            ..MemberFilter::default()
        };
        let users = members(cx).await?;
        for user in users.iter().filter(|user| filter.admits(user)) {
            if !found.has_capacity() {
                break;
            }
            found.push(format!("seat of {}", name_of(user)), &Seat::found(user)).await?;
        }
        Ok(())
    }
}
