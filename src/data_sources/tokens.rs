//! `anaconda_tokens`: the tokens of a user, without their values.

use super::listed::{members, no_listing, not_found, the_user};
use crate::provider_data::ProviderData;
use crate::resources::evidence::{UserTokens, contradictory_responses, user_tokens};
use crate::resources::token_has_ended;
use crate::tf_provider::prelude::*;

/// A user, and the tokens of that user.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tokens {
    user_id: Attr<String>,
    email: Attr<String>,
    include_revoked: Option<bool>,
    tokens: Attr<Vec<Listed>>,
    ids: Attr<Vec<String>>,
}

/// One token.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Listed {
    id: String,
    expires_at: Option<String>,
    revoked: bool,
    expired: bool,
}

impl DataSource for Tokens {
    const NAME: &'static str = "anaconda_tokens";
    type Client = ProviderData;

    fn schema() -> Schema {
        let token = Type::object([
            ("id", Type::String),
            ("expires_at", Type::String),
            ("revoked", Type::Bool),
            ("expired", Type::Bool),
        ]);
        Schema::new(
            "Lists the organization access tokens of a user, sorted by ID. Token values are not available: the \
             API returns a value only when the token is issued.",
        )
        .attributes([
            optional_computed("user_id", Type::String, "UUID of the user. Exactly one of `user_id` and `email` must be set."),
            optional_computed("email", Type::String, "Email address of the user (case-insensitive). Exactly one of `user_id` and `email` must be set."),
            optional("include_revoked", Type::Bool, "Whether to include revoked tokens. Defaults to `false`."),
            computed("tokens", Type::list(token), "Tokens, each with `id`, `expires_at`, `revoked`, and `expired`."),
            computed("ids", Type::list(Type::String), "UUIDs of the tokens, in the same order."),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        exactly_one(config, "user_id", "email")
    }

    async fn read(cx: &mut Context<ProviderData>, config: Self) -> Result<Self> {
        let users = members(cx).await?;
        let user = the_user(cx, &users, &config.user_id, &config.email).await?;
        let anaconda = cx.client()?;
        let now = anaconda.clock.now();
        let all = match user_tokens(&anaconda.org, &user.id).await {
            Ok(UserTokens::Listed(tokens)) => tokens,
            Ok(UserTokens::Unlisted) => return Err(no_listing("the tokens of a user")),
            Ok(UserTokens::NoUser) => {
                return Err(not_found(
                    &anaconda.org,
                    "user",
                    &format!("the ID \"{}\"", user.id),
                    users.len(),
                ));
            }
            Ok(UserTokens::Contradicted(error)) => {
                return Err(contradictory_responses(&user.id, &error).into());
            }
            Err(error) => return Err(error.into()),
        };
        let mut tokens: Vec<Listed> = all
            .iter()
            .filter(|token| !token.revoked || config.include_revoked == Some(true))
            .map(|token| Listed {
                id: token.id.to_string(),
                expires_at: token.expires_at.clone(),
                revoked: token.revoked,
                expired: token_has_ended(token, now),
            })
            .collect();
        tokens.sort_by(|a, b| a.id.cmp(&b.id));
        Ok(Self {
            user_id: match config.user_id {
                Attr::Known(spelled) => Attr::Known(spelled),
                _ => Attr::Known(user.id.to_string()),
            },
            email: match config.email {
                Attr::Known(spelled) => Attr::Known(spelled),
                _ => user.email.clone().into(),
            },
            ids: Attr::Known(tokens.iter().map(|token| token.id.clone()).collect()),
            tokens: Attr::Known(tokens),
            ..config
        })
    }
}
