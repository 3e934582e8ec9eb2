//! `anaconda_revoke_user_tokens`: ends all live tokens of a user, for when one has leaked.

use super::{confirm, confirmed, must_be_member, tokens_of};
use crate::anaconda::Anaconda;
use crate::client::UserId;
use crate::resources::{is_user_id, revoke_tokens};
use crate::tf_provider::prelude::*;

/// Whose tokens.
#[derive(Clone, Debug, Deserialize)]
pub struct RevokeUserTokens {
    user_id: UserId,
}

impl Action for RevokeUserTokens {
    const NAME: &'static str = "anaconda_revoke_user_tokens";
    type Client = Anaconda;

    fn schema() -> Schema {
        Schema::new(
            "Revokes all live tokens of a user at once, for when one has leaked. The user keeps the \
             seat. A token that an `anaconda_token` manages is issued anew by the next apply, unless \
             it says `recreate_if_invalid = false`.",
        )
        .attributes([
            required("user_id", Type::String, "The UUID of the user.").check(is_user_id),
            confirm("Must be `true`: whoever uses a token of the user is locked out."),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        confirmed(config)
    }

    async fn invoke(cx: &mut Cx<Anaconda>, config: Self, progress: &Progress) -> Result<()> {
        let org = cx.client()?.org;
        let user = &config.user_id;
        must_be_member(&org, user).await?;
        let _alone = org.lock_user(user).await;
        progress.tell(format!("Revoking the tokens of user {user}."));
        if tokens_of(&org, user).await?.is_some() {
            revoke_tokens(&org, user).await?;
        } else {
            // Nobody can look here, so "not found" may be said of the user, too.
            org.revoke_user_token(user).await?;
        }
        progress.tell(format!("User {user} has no live token any more."));
        Ok(())
    }
}
