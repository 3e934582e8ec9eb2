//! `anaconda_access_token`: an access token for the Anaconda API, for scripts and other providers.

use jiff::{SignedDuration, Unit};

use crate::client::Grant;
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// The grant, and the access token that it yields.
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
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Requests an OAuth 2.0 access token for the Anaconda API with the credentials of the provider, for \
             scripts and other providers. The access token expires after about 15 minutes. Terraform does \
             not store it in a plan or in the state, and each run requests a new one.",
        )
        .attributes([
            required("grant", Type::String, "Credentials to use. Must be `service_account` (for users, seats, and tokens) or `admin` (for service accounts).").check(is_grant),
            computed("access_token", Type::String, "OAuth 2.0 access token.").sensitive(),
            computed("token_type", Type::String, "Type of the access token in the HTTP `Authorization` header: `Bearer`."),
            computed("expires_at", Type::String, "Expiration date, as an RFC 3339 timestamp. Null if the provider is configured with an access token."),
        ])
    }

    async fn open(cx: &mut Context<ProviderData>, config: Self) -> Result<Self> {
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
        _ => Err("The value must be `service_account` or `admin`.".to_owned()),
    }
}
