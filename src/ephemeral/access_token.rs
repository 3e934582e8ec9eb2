//! `anaconda_access_token`: a bearer for Anaconda's API, for scripts and other providers.

use jiff::{SignedDuration, Unit};

use crate::anaconda::Anaconda;
use crate::client::Grant;
use crate::tf_provider::prelude::*;

/// The grant, and the bearer that it gives.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccessToken {
    grant: String,
    #[serde(serialize_with = "exposed")]
    access_token: Attr<Secret>,
    token_type: Attr<String>,
    expires_at: Attr<String>,
}

impl Ephemeral for AccessToken {
    const NAME: &'static str = "anaconda_access_token";
    type Client = Anaconda;

    fn schema() -> Schema {
        Schema::new(
            "An access token for Anaconda's API, made of the provider's own credentials, for scripts and for \
             arguments of other providers. It lives some 15 minutes, is in no plan and no state, and \
             another one is made in each run.",
        )
        .attributes([
            required("grant", Type::String, "Whose access token: `service_account` for users, seats and tokens, or `admin` for service accounts.").check(is_grant),
            computed("access_token", Type::String, "The access token.").sensitive(),
            computed("token_type", Type::String, "How to present it: `Bearer`."),
            computed("expires_at", Type::String, "When it ends, as in RFC 3339; null for one that was given to the provider."),
        ])
    }

    async fn open(cx: &mut Cx<Anaconda>, config: Self) -> Result<Self> {
        let anaconda = cx.client()?;
        let grant = if config.grant == "admin" { Grant::Admin } else { Grant::ServiceAccount };
        let bearer = anaconda.org.access_token(grant).await?;
        let end = bearer.expires_in.and_then(|life| SignedDuration::try_from(life).ok());
        let end = end.and_then(|life| anaconda.clock.now().checked_add(life).ok());
        let end = end.map(|end| end.round(Unit::Second).unwrap_or(end).to_string());
        Ok(Self {
            access_token: Attr::Known(bearer.token),
            token_type: Attr::Known("Bearer".to_owned()),
            expires_at: end.into(),
            ..config
        })
    }
}

fn is_grant(value: &Value) -> std::result::Result<(), String> {
    match value.as_str() {
        Some("service_account" | "admin") => Ok(()),
        _ => Err("It must be `service_account` or `admin`.".to_owned()),
    }
}
