//! `anaconda_renew_token`: changes the expiration date of a user's active token.

use super::tokens_of;
use crate::client::{TokenChange, UserId};
use crate::provider_data::ProviderData;
use crate::resources::{is_date, is_user_id, token_has_ended};
use crate::tf_provider::prelude::*;

/// The arguments: the user and the new expiration date.
#[derive(Clone, Debug, Deserialize)]
pub struct RenewToken {
    user_id: UserId,
    expires_at: Option<String>,
    expiration_tolerance_months: Option<u32>,
}

impl Action for RenewToken {
    const NAME: &'static str = "anaconda_renew_token";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Changes the expiration date of a user's active token, to the subscription end date or to a \
             given date. The token value does not change. If an `anaconda_token` manages the token, use \
             its `renewal_triggers` instead.",
        )
        .attributes([
            required("user_id", Type::String, "UUID of the user.").check(is_user_id),
            optional("expires_at", Type::String, "New expiration date, as an RFC 3339 timestamp. Defaults to the subscription end date.").check(is_date),
            optional("expiration_tolerance_months", Type::Number, "Grace period after `expires_at` in which the token remains active, in months, from 0 to 120. Defaults to `0`.").whole_number(0, 120),
        ])
    }

    async fn invoke(
        cx: &mut Context<ProviderData>,
        config: Self,
        progress: &Progress,
    ) -> Result<()> {
        let anaconda = cx.client()?;
        let (org, user) = (&anaconda.org, &config.user_id);
        let _alone = org.lock_user(user).await;
        if let Some(tokens) = tokens_of(org, user).await? {
            let now = anaconda.clock.now();
            let live = tokens.iter().filter(|it| !it.revoked && !token_has_ended(it, now)).count();
            if live != 1 {
                let what = format!(
                    "User {user} has {live} active tokens. The action made no changes, because the API does \
                     not select a token by ID, so there must be exactly one. Issue one with \
                     `anaconda_token`, or revoke the others first."
                );
                return Err(Diagnostic::error("Expected one active token", what)
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
        let until = change.expires_at.as_deref().unwrap_or("the subscription end date");
        progress.tell(format!("The token of user {user} is active until {until}."));
        Ok(())
    }
}
