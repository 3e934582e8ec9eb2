//! `anaconda_offboard_user`: removes a person whom Terraform does not manage.

use super::{confirm, confirmed};
use crate::anaconda::Anaconda;
use crate::client::UserId;
use crate::resources::{is_email, is_user_id, offboard};
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
        let (id, called) = match (config.user_id, config.email) {
            (Some(id), _) => (id.clone(), id.to_string()),
            (None, email) => {
                let email = email.unwrap_or_default();
                let found = anaconda.org.user_by_email(&email).await?;
                let Some(user) = found else {
                    progress.tell(format!("{email} is no member: nothing to do."));
                    return Ok(());
                };
                (user.id.clone(), format!("{email} ({})", user.id))
            }
        };
        progress.tell(format!("Offboarding {called}: tokens, seat, user."));
        offboard(&anaconda, &id, &called).await?;
        progress.tell(format!("{called} is offboarded."));
        Ok(())
    }
}
