//! `anaconda_revoke_user_tokens`: revokes all active tokens of a user, for example after a leak.

use super::{confirm, confirmed, must_be_member, tokens_of};
use crate::client::UserId;
use crate::provider_data::ProviderData;
use crate::resources::{is_user_id, revoke_tokens};
use crate::tf_provider::prelude::*;

/// The arguments: the user whose tokens are revoked.
#[derive(Clone, Debug, Deserialize)]
pub struct RevokeUserTokens {
    user_id: UserId,
}

impl Action for RevokeUserTokens {
    const NAME: &'static str = "anaconda_revoke_user_tokens";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Revokes all active tokens of a user, for example after a leak. The seat stays assigned. If an \
             `anaconda_token` manages the token, the next apply issues a new one, unless it sets \
             `recreate_if_invalid = false`.",
        )
        .attributes([
            required("user_id", Type::String, "UUID of the user.").check(is_user_id),
            confirm("Must be `true`. Every client that uses a token of the user loses access."),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        confirmed(config)
    }

    async fn invoke(
        cx: &mut Context<ProviderData>,
        config: Self,
        progress: &Progress,
    ) -> Result<()> {
        let org = cx.client()?.org;
        let user = &config.user_id;
        must_be_member(&org, user).await?;
        let _alone = org.lock_user(user).await;
        progress.tell(format!("Revoking the tokens of user {user}."));
        if tokens_of(&org, user).await?.is_some() {
            revoke_tokens(&org, user).await?;
        } else {
            // Without a list, "not found" might also be about the user, so it is an error.
            org.revoke_user_token(user).await?;
        }
        progress.tell(format!("User {user} has no active tokens."));
        Ok(())
    }
}
