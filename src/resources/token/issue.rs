//! Issuing of a token. The API returns the value only once, and does not return the ID.

use std::sync::Arc;

use tokio::sync::OwnedMutexGuard;

use jiff::{SignedDuration, Timestamp, Unit};

use super::active::{ensure_only_active, is_active, wait_until_listed};
use super::recover;
use super::remaining::RemainingSteps;
use super::renew::sync;
use super::{Token, expiry};
use crate::client::{self, IssuedToken, NewToken, NotClaimed, Object, Org, TokenId, UserId};
use crate::provider_data::ProviderData;
use crate::resources::evidence::{UserTokens, contradictory_responses, user_tokens};
use crate::resources::removal;
use crate::resources::spelled::Spelled;
use crate::tf_provider::prelude::*;

/// Provisional lifetime of a token before it is synced with the subscription; applies if the sync
/// fails.
const PROVISIONAL_LIFETIME: SignedDuration = SignedDuration::from_hours(24);

/// The range of the random seconds that are added to the provisional lifetime: one day.
const EXPIRATION_JITTER_SECONDS: u64 = 24 * 60 * 60;

/// Issues a token, unless that would revoke another one that the user did not allow to revoke.
///
/// Saves the value as soon as the response arrives. The later steps (reading the ID, revoking an
/// old token, syncing) can fail without losing it.
pub(super) async fn issue(cx: &mut Context<ProviderData>, plan: Token) -> Result<Token> {
    let anaconda = cx.client()?;
    let (org, now) = (&anaconda.org, anaconda.clock.now());
    let Before { guard: _guard, before, to_revoke } = list_before(org, &plan, now).await?;
    if !to_revoke.is_empty() {
        cx.warn(previous_token_revoked(&plan, &to_revoke));
    }
    let request = request(&plan, now);
    let issued = recover::issued(cx, &plan, &request, before.as_deref(), now).await?;
    let mut state = issued_state(plan, issued);
    cx.save_partial_state(&state)?;
    // From here on, an error would taint the token, and the next apply would issue another one.
    let mut remaining_steps = RemainingSteps::after(&state, &to_revoke);
    if let Err(problem) = finish(org, &mut state, before.as_ref(), &mut remaining_steps, now).await
    {
        cx.warn(remaining_steps.warning(&state, &problem));
    }
    remaining_steps.remember(cx);
    if state.syncs() && !remaining_steps.sync {
        cx.set_note(now.to_string());
    }
    Ok(state.at(now).skip_recent_renewal(cx, now))
}

/// Performs the steps after the value is saved: reads the ID, revokes old tokens, and syncs.
async fn finish(
    org: &Org,
    state: &mut Token,
    before: Option<&Arc<Vec<client::Token>>>,
    remaining_steps: &mut RemainingSteps,
    now: Timestamp,
) -> Result<()> {
    let before = before.map(Arc::as_ref);
    let is_issued_listed =
        |tokens: &[client::Token]| tokens.iter().any(|token| is_new(token, before));
    let Some(after) = wait_until_listed(org, &state.user_id, is_issued_listed).await? else {
        // Without a list, the revocation names only the user, and the provider cannot verify a
        // sync.
        if state.syncs() {
            sync(org, state).await?;
            remaining_steps.synced();
        }
        return Ok(());
    };
    if let Some(id) = new_id(before, &after, state) {
        state.id = Attr::Known(id.into());
        // The token belongs to this create, whether the journal already contains it or not.
        let _ = org.claim(state.journal_object());
    }
    remaining_steps.end_old_ones(org, &state.user_id, &after, now).await?;
    if state.syncs() {
        let active_tokens = org.tokens(&state.user_id).await?.unwrap_or_default();
        ensure_only_active(state, &active_tokens, now)?;
        sync(org, state).await?;
        remaining_steps.synced();
        // Any expiration date other than the random provisional one shows that the sync took
        // effect.
        let expiration_changed = |tokens: &[client::Token]| {
            !tokens.iter().any(|token| has_requested_expiration(token, state))
        };
        let synced =
            wait_until_listed(org, &state.user_id, expiration_changed).await?.unwrap_or_default();
        let without_expiration = Token { expires_at: Attr::Null, ..state.clone() };
        *state = without_expiration.refreshed(&synced, now, false);
    }
    Ok(())
}

/// The state of the user's tokens before a token is issued.
struct Before {
    /// Lock that keeps other operations away from the user's tokens.
    guard: OwnedMutexGuard<()>,
    /// The user's tokens, if this deployment can list them.
    before: Option<Arc<Vec<client::Token>>>,
    /// The tokens that issuing another one revokes.
    to_revoke: Vec<client::Token>,
}

/// Lists the tokens of the user, once no removal of the user, a token, or the seat is pending in
/// this run.
///
/// # Errors
/// Returns an error if the user has a token that must not be revoked.
async fn list_before(org: &Org, plan: &Token, now: Timestamp) -> Result<Before> {
    let (user, label) = (&plan.user_id, format!("a token, the seat or the user {}", plan.user_id));
    let person = Object::User(UserId::clone(user));
    'again: loop {
        removal::wait_until_removed(org, &person, &label, removal::LONGEST_REMOVAL).await?;
        let guard = org.lock_user(user).await;
        let before = match user_tokens(org, user).await {
            Ok(UserTokens::Listed(tokens)) => Some(tokens),
            Ok(UserTokens::Unlisted) => None,
            Ok(UserTokens::NoUser) => return Err(no_such_user(org, plan).into()),
            Ok(UserTokens::Contradicted(error)) => {
                return Err(contradictory_responses(user, &error).into());
            }
            Err(error) => return Err(error.into()),
        };
        if org.is_being_removed(&person) {
            continue;
        }
        let active_tokens =
            before.iter().flat_map(|all| all.iter()).filter(|token| is_active(token, now));
        for token in active_tokens {
            let object = Object::Token(UserId::clone(user), token.id.clone());
            if org.is_claimed(&object) {
                let label = format!("Token {} of user {user}", token.id);
                return Err(removal::managed_twice(&label).at("user_id").into());
            }
            if !plan.revoke_existing && org.note_refused(object) == Err(NotClaimed::BeingRemoved) {
                continue 'again;
            }
        }
        let to_revoke = tokens_to_revoke(plan, before.as_ref(), now)?;
        return Ok(Before { guard, before, to_revoke });
    }
}

/// Returns the active tokens that issuing another one revokes.
///
/// # Errors
/// Returns an error if such tokens exist or might exist, and the user did not allow revoking them.
fn tokens_to_revoke(
    plan: &Token,
    before: Option<&Arc<Vec<client::Token>>>,
    now: Timestamp,
) -> Result<Vec<client::Token>> {
    let active_tokens: Vec<_> = match before {
        Some(tokens) => tokens.iter().filter(|token| is_active(token, now)).cloned().collect(),
        None if plan.revoke_existing => Vec::new(),
        None => {
            return Err(Diagnostic::error(
                "Unable to list tokens",
                format!(
                    "The provider issued no token. This Anaconda deployment uses the legacy API, which cannot \
                     list tokens, and a new token revokes the active token of user {}, if there is one. \
                     To issue a token without this check, set `revoke_existing = true`.",
                    plan.user_id
                ),
            )
            .at("revoke_existing")
            .into());
        }
    };
    if active_tokens.is_empty() || plan.revoke_existing {
        return Ok(active_tokens);
    }
    let ids: Vec<_> = active_tokens.iter().map(|token| token.id.as_str()).collect();
    let import = super::super::lookup::import_block(Token::NAME, plan.user_id.as_str());
    Err(Diagnostic::error(
        "Active token already exists",
        format!(
            "User {} has an active token ({}). The provider issued no token, because a new token revokes the \
             active one, so that every client that uses it loses access. To replace it, set \
             `revoke_existing = true`. To manage it, import it with this block (the token value is \
             unknown):\n\n{import}\n\nIf this resource has `create_before_destroy`, it manages the active \
             token itself: set `revoke_existing = true` to issue the new one. {}",
            plan.user_id,
            ids.join(", "),
            removal::RENAME_ADVICE
        ),
    )
    .at("revoke_existing")
    .into())
}

fn request(plan: &Token, now: Timestamp) -> NewToken {
    let expires_at = match &plan.expires_at {
        Attr::Known(date) => expiry::as_sent(date),
        _ => provisional_expiration(now).to_string(),
    };
    NewToken {
        expires_at,
        expiration_tolerance_months: plan.expiration_tolerance_months,
        send_token_email: plan.send_token_email,
    }
}

/// Returns the provisional expiration date of a token that is to be synced.
///
/// It is in whole seconds, because not every date parser accepts nanoseconds. The second is random:
/// no other run requests the same one, so a token with this date belongs to this run.
fn provisional_expiration(now: Timestamp) -> Timestamp {
    let (random, _) = uuid::Uuid::new_v4().as_u64_pair();
    let mark =
        SignedDuration::from_secs(i64::try_from(random % EXPIRATION_JITTER_SECONDS).unwrap_or(0));
    let end =
        now.checked_add(PROVISIONAL_LIFETIME).and_then(|end| end.checked_add(mark)).unwrap_or(now);
    end.round(Unit::Second).unwrap_or(end)
}

/// Returns the placeholder for an unknown token ID, or for one that the API does not return: the
/// user's UUID.
fn unknown_id(user: &UserId) -> Spelled<TokenId> {
    // Both are UUIDs, so a user ID is always a valid token ID.
    TokenId::from(user).into()
}

/// Returns the state as known from the response.
fn issued_state(plan: Token, issued: IssuedToken) -> Token {
    let token = if plan.hide_token { Attr::Null } else { Attr::Known(issued.token) };
    Token {
        id: Attr::Known(unknown_id(&plan.user_id)),
        expires_at: plan.expires_at.or_computed(issued.expires_at),
        token,
        revoked: Attr::Known(false),
        expired: Attr::Known(false),
        ready_for_renewal: Attr::Known(false),
        ..plan
    }
}

/// Returns the ID of the token that was just issued: the token that is not revoked and was not
/// there before.
///
/// If there are several, returns the one with the requested expiration date, and `None` if that is
/// ambiguous.
fn new_id(
    before: Option<&Vec<client::Token>>,
    after: &[client::Token],
    state: &Token,
) -> Option<TokenId> {
    let new: Vec<_> = after.iter().filter(|token| is_new(token, before)).collect();
    let one = match new.as_slice() {
        [one] => one,
        several => {
            let mut same = several.iter().filter(|token| has_requested_expiration(token, state));
            let first = same.next()?;
            if same.next().is_some() {
                return None;
            }
            first
        }
    };
    Some(one.id.clone())
}

/// Reports whether a token might be the one that was just issued.
fn is_new(token: &client::Token, before: Option<&Vec<client::Token>>) -> bool {
    !token.revoked && !before.is_some_and(|all| all.iter().any(|old| old.id == token.id))
}

fn has_requested_expiration(token: &client::Token, state: &Token) -> bool {
    let months = state.expiration_tolerance_months;
    match (&token.expires_at, state.expires_at.as_known()) {
        (Some(listed), Some(requested)) => expiry::is_same_expiration(listed, requested, months),
        _ => false,
    }
}

fn previous_token_revoked(plan: &Token, to_revoke: &[client::Token]) -> Diagnostic {
    let ids: Vec<_> = to_revoke.iter().map(|token| token.id.as_str()).collect();
    Diagnostic::warning(
        "Existing token will be revoked",
        format!(
            "User {} has an active token ({}), which the new token revokes, as `revoke_existing` allows. Give \
             the new token value to every client that uses the previous one.",
            plan.user_id,
            ids.join(", ")
        ),
    )
}

pub(super) fn no_such_user(org: &Org, plan: &Token) -> Diagnostic {
    Diagnostic::error(
        "User not found",
        format!(
            "The {} has no user {}. The provider issued no token. Use the `id` of an `anaconda_user` of the \
             same provider configuration.",
            org.organization_label(),
            plan.user_id
        ),
    )
    .at("user_id")
}
