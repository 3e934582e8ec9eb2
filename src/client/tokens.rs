//! Tokens of users, and the requests that issue, change, list, and revoke them.
//!
//! API facts: Organization Management API 1.0.0, operations `create_user_token`,
//! `update_user_token`, `list_user_tokens`, and `revoke_user_token`. The guide has a DELETE without
//! a token ID. A user normally has one active token: issuing another token revokes it.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use serde::{Deserialize, Serialize};
use tokio::sync::OwnedMutexGuard;

use super::cache::ListCache;
use super::journal::{Fact, Object, Overlay};
use super::request::HttpMethod;
use super::{Error, Grant, Org, TokenId, UserId};
use super::{lenient, response};
use crate::secret::Secret;

/// Token as the token list shows it, without its value.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Token {
    /// UUID of the token.
    pub id: TokenId,
    /// Expiration date, an RFC 3339 timestamp in the precision that the API sent. `None`: not
    /// reported.
    #[serde(default, deserialize_with = "lenient::date")]
    pub expires_at: Option<String>,
    /// Whether the token was revoked. A revoked token might also be missing from the list.
    #[serde(default, deserialize_with = "lenient::flag")]
    pub revoked: bool,
}

/// Request to issue a token.
#[derive(Clone, Debug, Serialize)]
pub struct NewToken {
    /// Expiration date, an RFC 3339 timestamp.
    pub expires_at: String,
    /// Grace period after `expires_at`, in months.
    pub expiration_tolerance_months: u32,
    /// Whether the API sends the token value to the user by email.
    pub send_token_email: bool,
}

/// Change of the user's active token.
#[derive(Clone, Debug, Serialize)]
pub struct TokenChange {
    /// New expiration date, an RFC 3339 timestamp. The API ignores it if `is_renewal` is set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// Grace period after the expiration date, in months.
    pub expiration_tolerance_months: u32,
    /// Whether to set the expiration date to the subscription end date.
    pub is_renewal: bool,
}

/// Response to issuing a token. Only this response contains the token value, and it contains no ID.
#[derive(Clone, Debug, Deserialize)]
pub struct IssuedToken {
    /// Token value.
    pub token: Secret,
    /// Expiration date, if the API reports it: an RFC 3339 timestamp in the precision that the API
    /// sent.
    #[serde(default, deserialize_with = "lenient::date")]
    pub expires_at: Option<String>,
}

/// Token lists of all users.
#[derive(Default)]
pub(super) struct TokenCache {
    users: Mutex<HashMap<UserId, Arc<ListCache<Vec<Token>>>>>,
    /// Whether this deployment can list tokens. Unknown before the first response.
    supported: OnceLock<bool>,
    /// Held by the first caller, so that a deployment without the list receives one request.
    trying: tokio::sync::Mutex<()>,
    /// Whether a list has shown several tokens of one user that are not revoked.
    several: AtomicBool,
}

impl TokenCache {
    fn of(&self, user: &UserId) -> Arc<ListCache<Vec<Token>>> {
        let mut users = self.users.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(users.entry(user.clone()).or_default())
    }

    /// Applies an entry.
    pub(super) fn apply(&self, user: &UserId, object: &Object, fact: &Fact) {
        // The response to issuing a token does not contain its ID.
        let fact = if let Fact::Made = fact { &Fact::Uncertain } else { fact };
        self.of(user).apply(object, fact);
    }

    /// Discards everything about a user who was removed.
    pub(super) fn drop_user(&self, user: &UserId) {
        self.users.lock().unwrap_or_else(PoisonError::into_inner).remove(user);
    }

    fn can_list(&self) -> bool {
        self.supported.get() == Some(&true)
    }
}

impl Overlay for Vec<Token> {
    fn overlay(&mut self, object: &Object, fact: &Fact) {
        if let (Object::Token(_, id), Fact::Removed) = (object, fact) {
            self.iter_mut().filter(|it| it.id == *id).for_each(|it| it.revoked = true);
        }
    }
}

impl Org {
    /// Returns all tokens of a user, including revoked and expired ones: `GET
    /// .../users/{user}/tokens`. Cached for each user until a write of this run makes the list
    /// uncertain. `None`: this deployment cannot list tokens.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 404 if the user does not exist.
    ///
    /// Source: Organization Management API 1.0.0, operation `list_user_tokens`.
    pub async fn tokens(&self, user: &UserId) -> Result<Option<Arc<Vec<Token>>>, Error> {
        let cache = &self.inner.tokens;
        if self.has_no_token(user) {
            return Ok(Some(Arc::default()));
        }
        let first = match cache.supported.get() {
            None => Some(cache.trying.lock().await),
            Some(_) => None,
        };
        if cache.supported.get() == Some(&false) {
            return Ok(None);
        }
        let fetch = || async {
            let call = self.call(HttpMethod::Get, &["users", user.as_str(), "tokens"])?;
            self.list::<Token>(Grant::ServiceAccount, call).await
        };
        let tokens = cache.of(user).get(&self.inner.journal, fetch).await?;
        let _ = cache.supported.set(tokens.is_some());
        drop(first);
        if tokens.iter().flat_map(|all| all.iter()).filter(|token| !token.revoked).count() > 1 {
            cache.several.store(true, Ordering::Release);
        }
        Ok(tokens)
    }

    /// Reports whether the journal shows that the user has no token. Either this run added the user
    /// and issued no token, or it revoked the active token in a deployment that cannot list tokens.
    fn has_no_token(&self, user: &UserId) -> bool {
        let journal = &self.inner.journal;
        match journal.latest(&Object::ActiveToken(user.clone())) {
            None => matches!(journal.latest(&Object::User(user.clone())), Some(Fact::Added(_))),
            Some(Fact::Removed) => !self.inner.tokens.can_list(),
            Some(_) => false,
        }
    }

    /// Reports whether this deployment might support listing tokens. Returns `false` only after a
    /// response showed that it does not.
    #[must_use]
    pub fn may_list_tokens(&self) -> bool {
        self.inner.tokens.supported.get() != Some(&false)
    }

    /// Invalidates the cached tokens of a user: the next caller requests them.
    pub fn refresh_tokens(&self, user: &UserId) {
        self.inner.tokens.of(user).invalidate();
    }

    /// Issues a token: `POST .../users/{user}/token`, which returns its value.
    ///
    /// Sent at most once. It normally revokes the user's active token.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 422 if the expiration date is invalid; see also
    /// [`Error::outcome_unknown`].
    ///
    /// Source: Organization Management API 1.0.0, operation `create_user_token`.
    pub async fn create_token(&self, user: &UserId, new: &NewToken) -> Result<IssuedToken, Error> {
        let call = self.call(HttpMethod::Post, &["users", user.as_str(), "token"])?.json(new)?;
        let issued = match self.send(Grant::ServiceAccount, &call).await {
            Ok(answer) => response::read_secret::<IssuedToken>(&call, &answer),
            Err(error) => Err(error),
        };
        self.note(&Object::ActiveToken(user.clone()), &Fact::Made, &issued);
        self.inner.known.add(&issued.as_ref().map_err(Clone::clone)?.token);
        issued
    }

    /// Changes the expiration date of the user's active token: `PATCH .../users/{user}/token`,
    /// which returns 200. The request does not name the token, so callers must first check which
    /// token is active.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 404 or 422 if there is no active token, or if the
    /// expiration date is invalid.
    ///
    /// Source: Organization Management API 1.0.0, operation `update_user_token`.
    pub async fn update_token(&self, user: &UserId, change: &TokenChange) -> Result<(), Error> {
        let call =
            self.call(HttpMethod::Patch, &["users", user.as_str(), "token"])?.json(change)?;
        let changed = self.execute(Grant::ServiceAccount, call).await;
        self.refresh_tokens(user);
        changed
    }

    /// Revokes one token: `DELETE .../users/{user}/tokens/{token}`, which returns 204.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 404 if the token does not exist, or 409 if it is already
    /// revoked or cannot be revoked.
    ///
    /// Source: Organization Management API 1.0.0, operation `revoke_user_token`.
    pub async fn revoke_token(&self, user: &UserId, token: &TokenId) -> Result<(), Error> {
        let segments = ["users", user.as_str(), "tokens", token.as_str()];
        let call = self.call(HttpMethod::Delete, &segments)?;
        let revoked = self.execute(Grant::ServiceAccount, call).await;
        self.note(&Object::Token(user.clone(), token.clone()), &Fact::Removed, &revoked);
        revoked
    }

    /// Records that the token which [`Org::revoke_token`] has just successfully revoked was active
    /// until then. The caller must hold the guard of [`Org::lock_user`].
    pub fn note_active_token_revoked(&self, user: &UserId) {
        self.record(&Object::ActiveToken(user.clone()), &Fact::Removed);
    }

    /// Reports, without a request, whether the user is known to have no active token. This handle
    /// or a clone revoked the active token and issued none since, and no list has shown several
    /// tokens of any user that are not revoked.
    ///
    /// It is documented that a user has one active token in an organization: issuing another token
    /// revokes it. If one list has shown otherwise, this returns `false` for all users.
    #[must_use]
    pub fn has_revoked_active_token(&self, user: &UserId) -> bool {
        let latest = self.inner.journal.latest(&Object::ActiveToken(user.clone()));
        !self.inner.tokens.several.load(Ordering::Acquire) && matches!(latest, Some(Fact::Removed))
    }

    /// Revokes the user's active token without its ID: `DELETE .../users/{user}/token`, which
    /// returns 204. For deployments that cannot list tokens.
    ///
    /// # Errors
    /// Returns [`Error::Api`] with status 404 if there is no active token.
    ///
    /// Source: the guide, "Revoking a users token".
    pub async fn revoke_user_token(&self, user: &UserId) -> Result<(), Error> {
        let call = self.call(HttpMethod::Delete, &["users", user.as_str(), "token"])?;
        let revoked = self.execute(Grant::ServiceAccount, call).await;
        // If tokens can be listed, the list is more precise than this response. A 404 might also
        // refer to the organization, so it counts only if this deployment cannot list tokens.
        let known = match &revoked {
            Ok(()) => !self.inner.tokens.can_list(),
            Err(error) => error.is_not_found() && self.inner.tokens.supported.get() == Some(&false),
        };
        let fact = if known { Fact::Removed } else { Fact::Uncertain };
        self.record(&Object::ActiveToken(user.clone()), &fact);
        revoked
    }

    /// Locks this user's tokens until the guard is dropped. To identify the new token, the list,
    /// the write, and the second list must not interleave with another change.
    pub async fn lock_user(&self, user: &UserId) -> OwnedMutexGuard<()> {
        self.inner.locks.take(&format!("tokens of {user}")).await
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::testing::*;
    use super::*;

    const END: &str = "2030-01-01T00:00:00+00:00";

    fn on_token(verb: &str, user: u32, rest: &str, status: u16, body: &Value) -> Exchange {
        on(&format!("{verb} ./users/{}/{rest}", user_id(user)), status, body)
    }

    fn listing(user: u32, tokens: &[u32]) -> Exchange {
        let token = |id: &u32| json!({"id": user_id(*id), "expires_at": END, "metadata": {}});
        let items: Vec<_> = tokens.iter().map(token).collect();
        on_token("GET", user, "tokens", 200, &json!({"items": items}))
    }

    fn new_token() -> NewToken {
        NewToken { expires_at: END.into(), expiration_tolerance_months: 0, send_token_email: false }
    }

    async fn count(org: &Org, user: u32) -> Option<usize> {
        org.tokens(&user_id(user)).await.unwrap().map(|tokens| tokens.len())
    }

    #[tokio::test]
    async fn token_list_is_cached_until_token_is_issued() {
        let issued = json!({"token": "token-value", "expires_at": null});
        let server = Server::signed_in([
            listing(1, &[11]),
            listing(2, &[]),
            on_token("POST", 1, "token", 200, &issued),
            listing(1, &[11, 12]),
        ])
        .await;
        let org = server.org();
        for _ in 0..2 {
            assert_eq!((count(&org, 1).await, count(&org, 2).await), (Some(1), Some(0)));
        }
        let issued = org.create_token(&user_id(1), &new_token()).await.unwrap();
        assert_eq!((issued.token.expose(), &issued.expires_at), ("token-value", &None));
        assert!(!format!("{issued:?}").contains("token-value"));
        assert_eq!((count(&org, 1).await, count(&org, 2).await), (Some(2), Some(0)));
        let body: Value = serde_json::from_str(&server.seen()[3].body).unwrap();
        assert_eq!(
            body,
            json!({
                "expires_at": END,
                "expiration_tolerance_months": 0,
                "send_token_email": false
            })
        );
    }

    #[tokio::test]
    async fn issued_token_value_is_masked_afterwards() {
        let echo = json!({"error": {"code": "e", "message": "token-value is revoked"}});
        let server = Server::signed_in([
            on_token("POST", 1, "token", 200, &json!({"token": "token-value"})),
            on_token("DELETE", 1, "token", 409, &echo),
        ])
        .await;
        let org = server.org();
        org.create_token(&user_id(1), &new_token()).await.unwrap();
        let error = org.revoke_user_token(&user_id(1)).await.unwrap_err();
        assert_eq!(error.message(), "*** is revoked");
    }

    #[tokio::test]
    async fn revoked_token_is_cached_as_revoked() {
        let one = format!("tokens/{}", user_id(11));
        let server = Server::signed_in([
            listing(1, &[11, 12]),
            on_token("DELETE", 1, &one, 204, &Value::Null),
        ])
        .await;
        let org = server.org();
        let token = TokenId::parse(user_id(11).as_str()).unwrap();
        let before = org.tokens(&user_id(1)).await.unwrap().unwrap();
        org.revoke_token(&user_id(1), &token).await.unwrap();
        let after = org.tokens(&user_id(1)).await.unwrap().unwrap();
        let revoked = |tokens: &[Token]| tokens.iter().map(|it| it.revoked).collect::<Vec<_>>();
        assert_eq!((revoked(&before), revoked(&after)), (vec![false; 2], vec![true, false]));
    }

    #[tokio::test]
    async fn revoked_active_token_stays_so_until_next_issue() {
        let issued = json!({"token": "token-value", "expires_at": null});
        let server = Server::signed_in([on_token("POST", 1, "token", 200, &issued)]).await;
        let org = server.org();
        let (one, two) = (user_id(1), user_id(2));
        org.note_active_token_revoked(&one);
        assert!(org.has_revoked_active_token(&one) && !org.has_revoked_active_token(&two));
        org.create_token(&one, &new_token()).await.unwrap();
        assert!(!org.has_revoked_active_token(&one));
    }

    #[tokio::test]
    async fn several_tokens_leave_active_token_uncertain() {
        let server = Server::signed_in([listing(1, &[11]), listing(2, &[21, 22])]).await;
        let org = server.org();
        org.note_active_token_revoked(&user_id(3));
        count(&org, 1).await;
        assert!(org.has_revoked_active_token(&user_id(3)));
        count(&org, 2).await;
        assert!(!org.has_revoked_active_token(&user_id(3)));
    }

    #[tokio::test]
    async fn token_update_invalidates_token_list() {
        let server = Server::signed_in([
            listing(1, &[11]),
            on_token("PATCH", 1, "token", 200, &Value::Null),
            listing(1, &[11]),
        ])
        .await;
        let org = server.org();
        count(&org, 1).await;
        let change =
            TokenChange { expires_at: None, expiration_tolerance_months: 2, is_renewal: true };
        org.update_token(&user_id(1), &change).await.unwrap();
        count(&org, 1).await;
        let body: Value = serde_json::from_str(&server.seen()[2].body).unwrap();
        assert_eq!(body, json!({"expiration_tolerance_months": 2, "is_renewal": true}));
    }

    #[tokio::test]
    async fn token_list_requested_during_write_is_requested_again() {
        let (old, release) = listing(1, &[11]).held();
        let issue = on_token("POST", 1, "token", 200, &json!({"token": "token-value"}));
        let server = Server::signed_in([old, issue, listing(1, &[11, 12])]).await;
        let org = server.org();
        let (before, ()) = tokio::join!(count(&org, 1), async {
            server.wait_for(2).await;
            org.create_token(&user_id(1), &new_token()).await.unwrap();
            release.send(()).unwrap();
        });
        assert_eq!((before, count(&org, 1).await), (Some(2), Some(2)));
    }

    #[tokio::test]
    async fn missing_token_list_is_detected_by_one_caller() {
        let missing = || on_token("GET", 1, "tokens", 404, &json!({"detail": "Not Found"}));
        let server = Server::signed_in([missing(), missing()]).await;
        let org = server.org();
        let (a, b) = tokio::join!(count(&org, 1), count(&org, 2));
        assert_eq!((a, b, count(&org, 3).await), (None, None, None));
    }

    #[tokio::test]
    async fn missing_user_is_not_missing_list_operation() {
        let gone = json!({"error": {"code": "not_found", "message": "User not found"}});
        let server =
            Server::signed_in([on_token("GET", 1, "tokens", 404, &gone), listing(2, &[])]).await;
        let org = server.org();
        assert!(org.tokens(&user_id(1)).await.unwrap_err().is_not_found());
        assert_eq!(count(&org, 2).await, Some(0));
    }

    #[tokio::test]
    async fn token_changes_of_one_user_are_serialized() {
        let server = Server::start([]).await;
        let org = server.org();
        let guard = org.lock_user(&user_id(1)).await;
        let _other = org.lock_user(&user_id(2)).await;
        let (one, mut log) = (user_id(1), Vec::new());
        let mut waiting = Box::pin(org.lock_user(&one));
        tokio::select! {
            biased;
            _ = &mut waiting => log.push("second"),
            () = tokio::task::yield_now() => log.push("still locked"),
        }
        drop(guard);
        let _guard = waiting.await;
        assert_eq!(log, ["still locked"]);
    }

    #[test]
    fn listed_token_requires_only_id_and_expiration() {
        let token: Token =
            serde_json::from_value(json!({"id": user_id(1), "expires_at": END, "revoked": null}))
                .unwrap();
        assert!(!token.revoked);
        let unsafe_id = json!({"id": "../../x", "expires_at": END});
        assert!(serde_json::from_value::<Token>(unsafe_id).is_err());
    }
}
