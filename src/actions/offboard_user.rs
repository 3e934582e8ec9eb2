//! `anaconda_offboard_user`: removes a person whom Terraform does not manage.

use super::{confirm, confirmed};
use crate::client::{Error, UserId, Users};
use crate::provider_data::ProviderData;
use crate::resources::{check_removable, found_member, is_email, is_user_id, offboard};
use crate::tf_provider::prelude::*;

/// The arguments: the user to offboard.
#[derive(Clone, Debug, Deserialize)]
pub struct OffboardUser {
    user_id: Option<UserId>,
    email: Option<String>,
}

impl Action for OffboardUser {
    const NAME: &'static str = "anaconda_offboard_user";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Offboards a user that Terraform does not manage: revokes the active tokens, unassigns the seat, \
             and removes the user, in this order. If an `anaconda_user` manages the user, remove that \
             resource instead.",
        )
        .attributes([
            optional("user_id", Type::String, "UUID of the user. Exactly one of `user_id` and `email` must be set.").check(is_user_id),
            optional("email", Type::String, "Email address of the user (case-insensitive). Exactly one of `user_id` and `email` must be set.").check(is_email),
            confirm("Must be `true`. The user loses access, and the tokens cannot be restored."),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        let mut found = confirmed(config);
        found.extend(exactly_one(config, "user_id", "email"));
        found
    }

    async fn invoke(
        cx: &mut Context<ProviderData>,
        config: Self,
        progress: &Progress,
    ) -> Result<()> {
        let anaconda = cx.client()?;
        let org = &anaconda.org;
        let asked = match (&config.user_id, &config.email) {
            (Some(id), _) => id.to_string(),
            (None, email) => email.clone().unwrap_or_default(),
        };
        let find = |users: &Users| match &config.user_id {
            Some(id) => users.by_id(id).cloned(),
            None => users.by_email(&asked).cloned(),
        };
        let (id, called) = match (org.users().await?, config.user_id.as_ref()) {
            (Some(users), _) => {
                let Some(user) = found_member(org, &users, find).await? else {
                    progress.tell(format!("{asked} is not a member. No changes."));
                    return Ok(());
                };
                let called = match config.user_id {
                    Some(_) => asked.clone(),
                    None => format!("{asked} ({})", user.id),
                };
                // Use the current list: finding the user might have required a newer one.
                if let Some(users) = org.users().await? {
                    check_removable(org, &users, &user.id, &called)?;
                }
                (user.id, called)
            }
            (None, Some(id)) => (id.clone(), asked.clone()),
            (None, None) => return Err(Error::NoSuchListing { what: "users" }.into()),
        };
        progress.tell(format!(
            "Offboarding {called}: revoking tokens, unassigning the seat, removing the user."
        ));
        if offboard(&anaconda, &id, &called).await? {
            progress.tell(format!("{called} is offboarded."));
        } else {
            progress.tell(format!("{called} is not a member. No changes."));
        }
        Ok(())
    }
}
