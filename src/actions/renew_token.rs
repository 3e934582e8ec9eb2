//! `anaconda_renew_token`: gives a user's live token another end, whoever manages it.

use super::tokens_of;
use crate::anaconda::Anaconda;
use crate::client::{TokenChange, UserId};
use crate::resources::{is_date, is_user_id, token_has_ended};
use crate::tf_provider::prelude::*;

/// Whose token, and until when.
#[derive(Clone, Debug, Deserialize)]
pub struct RenewToken {
    user_id: UserId,
    expires_at: Option<String>,
    expiration_tolerance_months: Option<u32>,
}

impl Action for RenewToken {
    const NAME: &'static str = "anaconda_renew_token";
    type Client = Anaconda;

    fn schema() -> Schema {
        Schema::new(
            "Gives the live token of a user another end: that of the subscription, or a date. The token \
             stays the same. For a token that an `anaconda_token` manages, use its `renewal_triggers`.",
        )
        .attributes([
            required("user_id", Type::String, "The UUID of the user whose token it is.").check(is_user_id),
            optional("expires_at", Type::String, "When the token ends, as in RFC 3339. Without it, it ends with the subscription.").check(is_date),
            optional("expiration_tolerance_months", Type::Number, "Months of grace in which the token works on after its end: 0 to 120. Default 0.").whole_number(0, 120),
        ])
    }

    async fn invoke(cx: &mut Cx<Anaconda>, config: Self, progress: &Progress) -> Result<()> {
        let anaconda = cx.client()?;
        let (org, user) = (&anaconda.org, &config.user_id);
        let _alone = org.lock_user(user).await;
        if let Some(tokens) = tokens_of(org, user).await? {
            let now = anaconda.clock.now();
            let live = tokens.iter().filter(|it| !it.revoked && !token_has_ended(it, now)).count();
            if live != 1 {
                let what = format!(
                    "Nothing was changed: user {user} has {live} live tokens, and Anaconda changes \
                     whichever is live, so there must be exactly one. Issue one with `anaconda_token`, \
                     or revoke the others first."
                );
                return Err(Diagnostic::error("Not exactly one live token", what)
                    .at("user_id")
                    .into());
            }
        }
        let change = TokenChange {
            is_renewal: config.expires_at.is_none(),
            expires_at: config.expires_at,
            expiration_tolerance_months: config.expiration_tolerance_months.unwrap_or_default(),
        };
        org.update_token(user, &change).await?;
        let until = change.expires_at.as_deref().unwrap_or("the end of the subscription");
        progress.tell(format!("The token of user {user} works until {until}."));
        Ok(())
    }
}
