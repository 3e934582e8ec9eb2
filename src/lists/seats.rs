//! Listing `anaconda_seat`.

use super::{members, name_of};
use crate::anaconda::Anaconda;
use crate::filters::MemberFilter;
use crate::resources::Seat;
use crate::tf_provider::prelude::*;

/// Whose seats to find.
#[derive(Clone, Debug, Deserialize)]
pub struct Seats {
    managed: Option<bool>,
    email_domain: Option<String>,
}

impl List for Seats {
    type Resource = Seat;

    fn schema() -> Schema {
        Schema::new("Finds the assigned seats whose holders pass all filters, ordered by user id.").attributes([
            optional("managed", Type::Bool, "Only seats of users that the organization manages, or with `false` only those of persons."),
            optional("email_domain", Type::String, "Only seats of users whose e-mail address ends in `@` and this domain; case does not matter."),
        ])
    }

    async fn list(cx: &mut Cx<Anaconda>, filters: Self, found: &mut Found) -> Result<()> {
        let filter = MemberFilter {
            has_seat: Some(true),
            managed: filters.managed,
            email_domain: filters.email_domain.as_deref(),
            ..MemberFilter::default()
        };
        let users = members(cx).await?;
        for user in users.iter().filter(|user| filter.admits(user)) {
            if !found.wants_more() {
                break;
            }
            found.push(format!("seat of {}", name_of(user)), &Seat::found(user)).await?;
        }
        Ok(())
    }
}
