//! `anaconda_token`: the organization access token with which a user gets access to packages.
//!
//! API facts:
//! - A user has one active token in an organization. Issuing another one revokes it.
//! - Only the response to the POST contains the value. It contains no ID.
//! - The PATCH names no token and changes the active one.
//!
//! Source: Organization Management API 1.0.0, and Anaconda's own client.
//!
//! So a token is issued only if that revokes no other token without permission. It is changed only
//! while the list shows that it is the active one.

mod active;
mod expiry;
mod issue;
mod plan;
mod recover;
mod remaining;
mod renew;

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::checks::{is_user_id, same_id};
use super::evidence::{self, UserTokens, contradictory_responses, user_tokens};
use super::identity;
use super::lookup::{
    invalid_import_id, is_recently_written, keep_if_recently_written, member_to_import, members,
    not_listed_yet, skip_if_credentials_unknown,
};
use super::offboard::revoke_token_verified;
use super::removal;
use super::spelled::Spelled;
use crate::client::{self, Error, TokenId, UserId};
use crate::provider_data::{Object, ProviderData, Step, capitalized};
use crate::tf_provider::prelude::*;
use active::is_active;
pub use active::is_expired;
use expiry::Moment;
pub(crate) use expiry::is_date;

const IMPORT_ID_FORMATS: &str = "Expected `<USER_ID>/<TOKEN_ID>`, or `<USER_ID>` for the active token of the user, or the \
                     same with `<EMAIL>` instead of `<USER_ID>`";

/// How long the provider does not retry an early renewal that did not extend the token.
const RENEWAL_PAUSE: SignedDuration = SignedDuration::from_hours(24);

/// State of a token.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Token {
    /// UUID of the token, or UUID of the user if the API does not return the token's ID.
    id: Attr<Spelled<TokenId>>,
    user_id: Spelled<UserId>,
    expires_at: Attr<String>,
    sync_with_subscription: Option<bool>,
    early_renewal_hours: Option<u32>,
    renewal_triggers: Option<BTreeMap<String, Option<String>>>,
    expiration_tolerance_months: u32,
    send_token_email: bool,
    keepers: Option<BTreeMap<String, Option<String>>>,
    revoke_existing: bool,
    recreate_if_invalid: bool,
    hide_token: bool,
    #[serde(serialize_with = "exposed")]
    token: Attr<Secret>,
    revoked: Attr<bool>,
    expired: Attr<bool>,
    ready_for_renewal: Attr<bool>,
}

impl Resource for Token {
    const NAME: &'static str = "anaconda_token";
    type Client = ProviderData;

    fn schema() -> Schema {
        Schema::new(
            "Manages the organization access token of a user. The token grants access to the packages of the \
             subscription. A user has one active token in an organization. The API returns its value only \
             when the token is issued. Terraform stores it in the state, so protect the state. Destroying \
             the resource revokes only this token.",
        )
        .attributes([
            computed("id", Type::String, "UUID of the token. With the legacy API, UUID of the user.").use_state_for_unknown(),
            required("user_id", Type::String, "UUID of the user. Changing this forces a new token.").requires_replace().semantic_equality(same_id).check(is_user_id),
            optional_computed("expires_at", Type::String, "Expiration date, as an RFC 3339 timestamp such as `2027-01-31T00:00:00Z`. Exactly one of `expires_at` and `sync_with_subscription` must be set. Changing this updates the token in place.").use_state_for_unknown().semantic_equality(expiry::same_instant).check(is_date),
            optional("sync_with_subscription", Type::Bool, "Whether the token expires at the subscription end date. Exactly one of `expires_at` and `sync_with_subscription` must be set."),
            optional("early_renewal_hours", Type::Number, "Number of hours before expiration at which the plan renews the token in place, from 1 to 8760. Requires `sync_with_subscription`. The expiration date changes only if the subscription was renewed.").whole_number(1, 8760),
            optional("renewal_triggers", Type::map(Type::String), "Arbitrary values. Changing this renews the token in place: the provider syncs it with the subscription again, or sets `expires_at` again. Use it after a renewal of the subscription.").null_elements().null_is_empty(),
            optional("expiration_tolerance_months", Type::Number, "Grace period after `expires_at` in which the token remains active, in months, from 0 to 120. Defaults to `0`. Changing this updates the token in place.").default(0).whole_number(0, 120),
            optional("send_token_email", Type::Bool, "Whether Anaconda sends the token to the user by email when it is issued. Changing this alone sends no request. Defaults to `false`.").default(false),
            optional("keepers", Type::map(Type::String), "Arbitrary values. Changing this forces a new token. If the state has no values, such as after an import, the first values are stored without a replacement.").null_elements().null_is_empty().requires_replace().adopt_first_value(),
            optional("revoke_existing", Type::Bool, "Whether issuing this token can revoke an active token of the user that Terraform does not manage. If `false`, the provider returns an error. Defaults to `false`.").default(false),
            optional("recreate_if_invalid", Type::Bool, "Whether to issue a new token if this one was revoked, expired, or deleted. If `false`, only the attributes `revoked` and `expired` show it. Defaults to `true`.").default(true),
            optional("hide_token", Type::Bool, "Whether to keep the token value out of the state, for use with `send_token_email`. Changing this to `true` removes the value from the state. Changing this to `false` forces a new token. Defaults to `false`.").default(false),
            computed("token", Type::String, "Token value. Null after an import, because the API returns it only once.").use_state_for_unknown().sensitive(),
            computed("revoked", Type::Bool, "Whether the token was revoked or deleted."),
            computed("expired", Type::Bool, "Whether the token expired, including the grace period."),
            computed("ready_for_renewal", Type::Bool, "Whether the next plan renews the token because of `early_renewal_hours`."),
        ])
    }

    fn validate(config: &Value) -> Diagnostics {
        plan::validate(config)
    }

    async fn plan(cx: &mut Context<ProviderData>, change: &mut ResourcePlan) -> Result<()> {
        plan::plan(cx, change)?;
        let step = plan::step(change);
        warn_if_last(cx, &step)?;
        cx.client()?.note_plan(cx, step).await
    }

    async fn plan_delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        let step = Step::removes(state.object_if_active());
        warn_if_last(cx, &step)?;
        cx.client()?.note_plan(cx, step).await
    }

    async fn create(cx: &mut Context<ProviderData>, plan: Self) -> Result<Self> {
        issue::issue(cx, plan).await
    }

    async fn read(cx: &mut Context<ProviderData>, state: Self) -> Result<Option<Self>> {
        let anaconda = cx.client()?;
        let now = anaconda.clock.now();
        let (org, user) = (&anaconda.org, &state.user_id);
        let holder = format!("The holder of {}", state.label());
        let lags = is_recently_written(cx)?;
        let mut tokens = match user_tokens(org, user).await {
            Ok(UserTokens::Listed(tokens)) => tokens,
            // Warns once per run that drift detection is not available. Expiration still follows
            // from the clock.
            Ok(UserTokens::Unlisted) => {
                return members(cx).await.map(|_| Some(state.at(now).skip_recent_renewal(cx, now)));
            }
            Ok(UserTokens::NoUser) => {
                let keep =
                    keep_if_recently_written(cx, &holder, std::future::ready(Ok(true))).await?;
                return Ok(keep.then(|| state.at(now).skip_recent_renewal(cx, now)));
            }
            // A stale list might not contain the user of a new token yet. Treat it as a list
            // without the token.
            Ok(UserTokens::Contradicted(_)) if lags => Arc::default(),
            Ok(UserTokens::Contradicted(error)) => {
                return Err(contradictory_responses(user, &error).into());
            }
            Err(error) => {
                return skip_if_credentials_unknown::<()>(cx, &anaconda, error)
                    .map(|_| Some(state.at(now).skip_recent_renewal(cx, now)));
            }
        };
        let was_valid = state.revoked.as_known() != Some(&true);
        if lags && !state.is_among(&tokens, now) {
            cx.warn(not_listed_yet(&capitalized(&state.label())));
            return Ok(Some(state.at(now).skip_recent_renewal(cx, now)));
        }
        if !state.is_among(&tokens, now) {
            let lack = |tokens: &[client::Token]| !state.is_among(tokens, now);
            if org.tokens_lack(user, lack).await? {
                // A user who was removed might have an empty list of tokens, too.
                if org.users_lack(|users| users.by_id(user).is_none()).await? {
                    keep_if_recently_written(cx, &holder, std::future::ready(Ok(true))).await?;
                    return Ok(None);
                }
            } else if let Some(again) = org.tokens(user).await? {
                tokens = again;
            }
        }
        if state.is_among(&tokens, now) {
            cx.confirm_scope();
        }
        let state = state.refreshed(&tokens, now, lags).skip_recent_renewal(cx, now);
        if was_valid && state.revoked.as_known() == Some(&true) {
            cx.warn(Diagnostic::warning(
                "Token revoked or deleted outside of Terraform",
                format!(
                    "The API reports {} as revoked or deleted. The plan issues a new token, unless \
                     `recreate_if_invalid` is `false`.",
                    state.label()
                ),
            ));
        }
        Ok(Some(state))
    }

    async fn update(cx: &mut Context<ProviderData>, plan: Self, prior: Self) -> Result<Self> {
        renew::renew(cx, plan, &prior).await
    }

    async fn delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        let ProviderData { org, clock, ledger, .. } = cx.client()?;
        let label = capitalized(&state.label());
        let Some(_announced) = removal::announce(cx, &org, &state.journal_object(), None, &label)?
        else {
            return Ok(());
        };
        ledger.before_removal(&Object::token(&state.user_id, state.token_id().as_ref()))?;
        let _alone = org.lock_user(&state.user_id).await;
        let Some(id) = state.token_id() else {
            let (user, now) = (&state.user_id, clock.now());
            // The API also returns "not found" for other reasons. If tokens can be listed, the list
            // must agree.
            let is_over = || async {
                org.refresh_tokens(user);
                Ok(match user_tokens(&org, user).await? {
                    UserTokens::Listed(tokens) => !tokens.iter().any(|token| is_active(token, now)),
                    UserTokens::NoUser | UserTokens::Unlisted => true,
                    UserTokens::Contradicted(error) => return Err(error),
                })
            };
            let removal = || org.revoke_user_token(user);
            evidence::remove_verified(&org, removal, Error::is_not_found, is_over).await?;
            return Ok(());
        };
        // If this token was already inactive, the user might have another active one.
        if revoke_token_verified(&org, &state.user_id, &id).await?
            && state.expiration().is_some_and(|end| end > Moment::of(clock.now()))
        {
            org.note_active_token_revoked(&state.user_id);
        }
        Ok(())
    }

    async fn import(cx: &mut Context<ProviderData>, id: &str) -> Result<Self> {
        let (user, token_id) = match id.rsplit_once('/') {
            Some((user, token)) if !token.contains('@') => {
                let token = TokenId::parse(token)
                    .map_err(|_invalid| invalid_import_id(id, IMPORT_ID_FORMATS))?;
                (user, Some(token))
            }
            _ => (id, None),
        };
        let user = member_to_import(cx, user, IMPORT_ID_FORMATS).await?;
        let anaconda = cx.client()?;
        let now = anaconda.clock.now();
        let org = &anaconda.org;
        let is_it = |token: &client::Token| match &token_id {
            Some(wanted) => token.id == *wanted,
            None => is_active(token, now),
        };
        // A token that was just issued might be missing from the first list.
        org.tokens_lack(&user.id, |tokens| !tokens.iter().any(is_it)).await?;
        let tokens = org.tokens(&user.id).await?.unwrap_or_default();
        let token = match token_id {
            Some(wanted) => tokens.iter().find(|token| token.id == wanted).ok_or_else(|| {
                let what = format!(
                    "None of the {} tokens of user {} is \"{wanted}\". To list the tokens, use the data \
                     source `anaconda_tokens`.",
                    tokens.len(),
                    user.id
                );
                Diagnostic::error("Token not found", what)
            })?,
            None => only_active(&tokens, now, id)?,
        };
        cx.client()?.ledger.imported(Object::token(&user.id, Some(&token.id)));
        Ok(Self::found(user.id, token, now))
    }

    fn generate(config: &mut Value) {
        // A token has either an `expires_at` or follows the subscription.
        if config.get("sync_with_subscription").as_bool() == Some(true) {
            config.set("expires_at", Value::Null);
        }
    }

    fn identity_schema() -> Vec<IdentityAttribute> {
        identity::schema([
            ("user_id", "UUID of the user."),
            ("id", "UUID of the token. With the legacy API, UUID of the user."),
        ])
    }

    fn identity(client: &ProviderData, state: &Self) -> Result<Value> {
        // Terraform does not accept a changed identity later. So there is none before the ID is
        // known, unless this deployment never returns it.
        if state.token_id().is_none() && client.org.may_list_tokens() {
            return Ok(Value::Null);
        }
        let id = state.id.as_known().map_or(state.user_id.as_str(), |id| id.as_str());
        Ok(identity::of(client, [("user_id", state.user_id.as_str()), ("id", id)]))
    }

    fn import_id(client: &ProviderData, identity: &Value) -> Result<String> {
        let user = identity::native(client, identity, "user_id")?;
        let id = identity::native(client, identity, "id")?;
        Ok(if id.eq_ignore_ascii_case(&user) { user } else { format!("{user}/{id}") })
    }
}

impl Token {
    /// Returns the name of the token for messages.
    fn label(&self) -> String {
        match self.token_id() {
            Some(id) => format!("token {id} of user {}", self.user_id),
            None => format!("the token of user {}", self.user_id),
        }
    }

    /// Returns the token as the plan ledger identifies it, or `None` if it is inactive: removing it
    /// takes nothing from its user, and it blocks no new token.
    fn object_if_active(&self) -> Option<Object> {
        let over = [&self.revoked, &self.expired].iter().any(|it| it.as_known() == Some(&true));
        (!over).then(|| Object::token(&self.user_id, self.token_id().as_ref()))
    }

    /// Returns the token's own ID, if it is known.
    fn token_id(&self) -> Option<TokenId> {
        let id = self.id.as_known().filter(|id| id.as_str() != self.user_id.as_str())?;
        Some(TokenId::clone(id))
    }

    /// Returns the token as the journal of the run identifies it.
    fn journal_object(&self) -> client::Object {
        match self.token_id() {
            Some(id) => client::Object::Token(UserId::clone(&self.user_id), id),
            None => client::Object::ActiveToken(UserId::clone(&self.user_id)),
        }
    }

    fn syncs(&self) -> bool {
        self.sync_with_subscription == Some(true)
    }

    /// Updates the attributes that depend on the time.
    fn at(self, now: Timestamp) -> Self {
        let (end, now) = (self.expiration(), Moment::of(now));
        let revoked = self.revoked.as_known() == Some(&true);
        let expired = end.is_some_and(|end| end <= now);
        // An inactive token cannot be renewed.
        let ready = self.syncs()
            && !revoked
            && !expired
            && match (end, self.early_renewal_hours) {
                (Some(end), Some(hours)) => expiry::is_near(end, hours, now),
                _ => false,
            };
        Self {
            expired: Attr::Known(expired),
            ready_for_renewal: Attr::Known(ready),
            revoked: Attr::Known(revoked),
            ..self
        }
    }

    /// Postpones an early renewal that was tried within the last day and did not extend the token,
    /// because the subscription was not renewed.
    ///
    /// Otherwise each run would try again. The note in the private state contains the time of the
    /// attempt.
    fn skip_recent_renewal(self, cx: &Context<ProviderData>, now: Timestamp) -> Self {
        let tried = cx.note().and_then(|note| note.parse::<Timestamp>().ok());
        let had_no_effect = tried.is_some_and(|at| {
            now.duration_since(at).abs() < RENEWAL_PAUSE && self.clone().at(at).is_renewal_due()
        });
        if had_no_effect { Self { ready_for_renewal: Attr::Known(false), ..self } } else { self }
    }

    fn is_renewal_due(&self) -> bool {
        self.ready_for_renewal.as_known() == Some(&true)
    }

    /// Returns when the token becomes inactive, or `None` if that is unknown.
    fn expiration(&self) -> Option<Moment> {
        let date = expiry::parse_shown(self.expires_at.as_known()?)?;
        Some(expiry::end_of_grace(date, self.expiration_tolerance_months))
    }

    /// Reports whether the list contains this token. If its ID is unknown, any active token counts.
    fn is_among(&self, tokens: &[client::Token], now: Timestamp) -> bool {
        let id = self.token_id();
        tokens.iter().any(|token| match &id {
            Some(id) => token.id == *id,
            None => is_active(token, now),
        })
    }

    /// Returns the ID of the token if only one token can be it: the only active one, if it has the
    /// same expiration date.
    fn with_same_expiration(&self, tokens: &[client::Token], now: Timestamp) -> Option<TokenId> {
        let mut active_tokens = tokens.iter().filter(|token| is_active(token, now));
        let (one, None) = (active_tokens.next()?, active_tokens.next()) else { return None };
        let (ours, months) = (self.expires_at.as_known()?, self.expiration_tolerance_months);
        let theirs = one.expires_at.as_deref()?;
        expiry::is_same_expiration(theirs, ours, months).then(|| one.id.clone())
    }

    /// Returns the state after a refresh.
    ///
    /// A list that might be stale (`lags`) can show the expiration date from before a renewal.
    fn refreshed(self, tokens: &[client::Token], now: Timestamp, lags: bool) -> Self {
        let Some(id) = self.token_id() else {
            if let Some(ours) = self.with_same_expiration(tokens, now) {
                return Self { id: Attr::Known(ours.into()), ..self }.refreshed(tokens, now, lags);
            }
            // The ID is unknown, so the token counts as active while any token is.
            let any_active = tokens.iter().any(|token| is_active(token, now));
            return Self { revoked: Attr::Known(!any_active), ..self }.at(now);
        };
        let Some(token) = tokens.iter().find(|token| token.id == id) else {
            return Self { revoked: Attr::Known(true), ..self }.at(now);
        };
        let grace = self.expiration_tolerance_months;
        let expires_at = match (self.expires_at, &token.expires_at) {
            // If the API does not return an expiration date, the one in the state applies.
            (Attr::Known(ours), None) => Attr::Known(ours),
            (Attr::Known(ours), Some(theirs))
                if lags || expiry::is_same_expiration(theirs, &ours, grace) =>
            {
                Attr::Known(ours)
            }
            _ => token.expires_at.clone().into(),
        };
        let revoked = Attr::Known(token.revoked);
        Self { expires_at, revoked, ..self }.at(now)
    }

    /// Returns the state of a token that the list shows.
    pub(crate) fn found(user_id: UserId, token: &client::Token, now: Timestamp) -> Self {
        let found = Self {
            id: Attr::Known(token.id.clone().into()),
            user_id: user_id.into(),
            expires_at: token.expires_at.clone().into(),
            sync_with_subscription: None,
            early_renewal_hours: None,
            renewal_triggers: None,
            expiration_tolerance_months: 0,
            send_token_email: false,
            keepers: None,
            revoke_existing: false,
            recreate_if_invalid: true,
            hide_token: false,
            token: Attr::Null,
            revoked: Attr::Known(token.revoked),
            expired: Attr::Null,
            ready_for_renewal: Attr::Null,
        };
        found.at(now)
    }
}

/// Warns about a token whose revocation leaves its user without one, as far as the plan knows.
///
/// Resources that Terraform plans later might issue another.
fn warn_if_last(cx: &mut Context<ProviderData>, step: &Step) -> Result<()> {
    let [token] = step.leaves.as_slice() else { return Ok(()) };
    if step.comes.iter().any(|new| new.same_owner(token)) {
        return Ok(());
    }
    if !cx.client()?.ledger.replaces_or_removes_owner(token) {
        cx.warn(Diagnostic::warning(
            "User might have no active token",
            format!(
                "This plan revokes {}. If this run issues no other token for the user, the user has no active \
                 token, and programs that use the token lose access to packages.",
                token.label()
            ),
        ));
    }
    Ok(())
}

fn only_active<'a>(
    tokens: &'a [client::Token],
    now: Timestamp,
    id: &str,
) -> Result<&'a client::Token> {
    let active_tokens: Vec<_> = tokens.iter().filter(|token| is_active(token, now)).collect();
    match active_tokens.as_slice() {
        [one] => Ok(one),
        [] => Err(Diagnostic::error(
            "No active token to import",
            format!(
                "User \"{id}\" has no active token. Remove the `import` block: the plan then issues a \
                 token."
            ),
        )
        .into()),
        several => {
            let ids: Vec<_> = several.iter().map(|token| format!("{id}/{}", token.id)).collect();
            let what = format!(
                "User \"{id}\" has {} active tokens. Import one of them by its ID: {}.",
                ids.len(),
                ids.join(", ")
            );
            Err(Diagnostic::error("Multiple active tokens found", what).into())
        }
    }
}
