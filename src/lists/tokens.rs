//! List resource for `anaconda_token`. It needs one request for each user whose tokens it lists.

use super::{members, name_of};
use crate::client::UserId;
use crate::filters::MemberFilter;
use crate::provider_data::ProviderData;
use crate::resources::{Token, is_user_id, token_has_ended};
use crate::tf_provider::prelude::*;

/// The filters for tokens and their users.
#[derive(Clone, Debug, Deserialize)]
pub struct Tokens {
    user_id: Option<String>,
    email_domain: Option<String>,
    include_invalid: Option<bool>,
}

impl List for Tokens {
    type Resource = Token;

    fn schema() -> Schema {
        Schema::new(
            "Lists the active tokens of the users that match all filters, sorted by user ID. The provider sends \
             one request for each user, so set filters in a large organization.",
        )
        .attributes([
            optional("user_id", Type::String, "UUID of a user.").check(is_user_id),
            optional("email_domain", Type::String, "Domain of the email addresses of the users, such as `example.com` (case-insensitive)."),
            optional("include_invalid", Type::Bool, "Whether to include revoked and expired tokens. Defaults to `false`."),
        ])
    }

    async fn list(
        cx: &mut Context<ProviderData>,
        filters: Self,
        found: &mut ListSink,
    ) -> Result<()> {
        let anaconda = cx.client()?;
        let now = anaconda.clock.now();
        let filter = MemberFilter {
            email_domain: filters.email_domain.as_deref(),
            ..MemberFilter::default()
        };
        let only = filters.user_id.as_deref().map(UserId::parse).transpose().map_err(|e| {
            Diagnostic::error("Invalid filter", format!("`user_id` is not a valid user ID: {e}."))
                .at("user_id")
        })?;
        let users = members(cx).await?;
        let wanted = |id: &UserId| only.as_ref().is_none_or(|only| only == id);
        for user in users.iter().filter(|user| wanted(&user.id) && filter.admits(user)) {
            if !found.has_capacity() {
                break;
            }
            for token in anaconda.org.tokens(&user.id).await?.iter().flat_map(|all| all.iter()) {
                let valid = !token.revoked && !token_has_ended(token, now);
                if valid || filters.include_invalid == Some(true) {
                    let end = token.expires_at.as_deref();
                    let until = end.map(|end| format!(" until {end}")).unwrap_or_default();
                    let name = format!("token of {}{until}", name_of(user));
                    found.push(name, &Token::found(user.id.clone(), token, now)).await?;
                }
            }
        }
        Ok(())
    }
}
