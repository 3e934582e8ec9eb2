//! `anaconda_offboard_user`: removes a person whom Terraform does not manage.

use super::{confirm, confirmed};
use crate::anaconda::Anaconda;
use crate::client::{Error, UserId, Users};
use crate::resources::{found_member, is_email, is_user_id, offboard, refuse_unfinishable};
use crate::tf_provider::prelude::*;

/// Who leaves.
#[derive(Clone, Debug, Deserialize)]
pub struct OffboardUser {
    user_id: Option<UserId>,
    email: Option<String>,
}

impl Action for OffboardUser {
    const NAME: &'static str = "anaconda_offboard_user";
    type Client = Anaconda;

    fn schema() -> Schema {
        Schema::new(
            "Offboards a user whom Terraform does not manage: live tokens are revoked, the seat is freed, \
             and the user is removed, in this order. For a user that an `anaconda_user` manages, remove \
             that resource.",
        )
        .attributes([
            optional("user_id", Type::String, "The UUID of the user. Exactly one of this and `email`.").check(is_user_id),
            optional("email", Type::String, "The e-mail address of the user; case does not matter. Exactly one of this and `user_id`.").check(is_email),
            confirm("Must be `true`: the user loses access and cannot be brought back with the same tokens."),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        let mut found = confirmed(config);
        found.extend(exactly_one(config, "user_id", "email"));
        found
    }

    async fn invoke(cx: &mut Cx<Anaconda>, config: Self, progress: &Progress) -> Result<()> {
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
                // The list as it is now: another one may have been needed to find the user.
                if let Some(users) = org.users().await? {
                    refuse_unfinishable(org, &users, &user.id, &called)?;
                }
                (user.id, called)
            }
            (None, Some(id)) => (id.clone(), asked.clone()),
            (None, None) => return Err(Error::NoSuchListing { what: "users" }.into()),
        };
        progress.tell(format!("Offboarding {called}: tokens, seat, user."));
        if offboard(&anaconda, &id, &called).await? {
            progress.tell(format!("{called} is offboarded."));
        } else {
            progress.tell(format!("{called} is not a member. No changes."));
        }
        Ok(())
    }
}
