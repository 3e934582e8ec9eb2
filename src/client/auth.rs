//! Access tokens: requested from the token endpoint, cached, and renewed before they expire. One
//! token request runs at a time.
//!
//! API facts: RFC 6749 with two grants, `client_credentials` and `password`. An access token is
//! valid for 900 seconds, so a long run uses several.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::request::{ApiRequest, Body, HttpMethod};
use super::response::{self, ErrorResponse};
use super::retry::Idempotency;
use super::single_flight::SingleFlight;
use super::{Credentials, Error, Grant, MissingSetting, Org, Trace};
use crate::secret::Secret;

/// Lifetime of an access token if the response does not report one.
///
/// Less than the documented 900 seconds: a token that is renewed too early costs one request, a
/// token that is renewed too late costs a failed request.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);

/// Maximum lifetime. Longer lifetimes are cut, so that implausible values cannot overflow the
/// arithmetic.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// Source of access tokens for one grant.
pub(super) struct TokenSource {
    grant: Grant,
    sign_in: Result<Credentials, MissingSetting>,
    bearer: SingleFlight<CachedToken>,
    /// Caches the rejection: retrying wrong credentials cannot succeed and might lock the account.
    rejection: Mutex<Option<Error>>,
}

/// Access token in use.
#[derive(Clone)]
pub(super) struct CachedToken {
    /// Value for the `Authorization` header.
    pub(super) token: Secret,
    /// Time of the token request. Distinguishes one access token from the next.
    since: Instant,
    /// Time to request the next access token. `None`: never, because the token was configured.
    renew_at: Option<Instant>,
}

impl CachedToken {
    fn new(token: Secret, since: Instant, life: Option<Duration>) -> Self {
        Self { token, since, renew_at: life.map(|life| since + life / 5 * 4) }
    }

    /// Reports whether a fifth of the lifetime remains, which is enough for the requests that start
    /// with it.
    fn is_fresh(&self) -> bool {
        self.renew_at.is_none_or(|at| Instant::now() < at)
    }
}

/// Access token for other programs, from [`Org::access_token`].
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// Value of the access token.
    pub token: Secret,
    /// Remaining lifetime. `None` for a configured access token, whose lifetime is unknown.
    pub expires_in: Option<Duration>,
}

/// Response of the token endpoint.
#[derive(Deserialize)]
pub(super) struct TokenResponse {
    access_token: Secret,
    /// Lifetime in seconds; some servers send it as a string.
    #[serde(default, deserialize_with = "response::lenient_number")]
    expires_in: Option<u64>,
}

impl TokenSource {
    pub(super) fn new(grant: Grant, sign_in: Result<Credentials, MissingSetting>) -> Self {
        Self { grant, sign_in, bearer: SingleFlight::default(), rejection: Mutex::new(None) }
    }

    /// Returns the configured secret, if any.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match &self.sign_in {
            Ok(Credentials::Secret { secret, .. } | Credentials::AccessToken(secret)) => {
                Some(secret)
            }
            Err(_) => None,
        }
    }

    /// Returns the configured client ID or user name, if any.
    pub(super) fn id(&self) -> Option<&str> {
        match &self.sign_in {
            Ok(Credentials::Secret { id, .. }) => Some(id),
            _ => None,
        }
    }
}

impl Org {
    /// Returns an access token with enough remaining lifetime.
    pub(super) async fn bearer(&self, grant: Grant) -> Result<CachedToken, Error> {
        let source = self.source_of(grant);
        source.bearer.get(CachedToken::is_fresh, || self.request_token(source)).await
    }

    /// Replaces `old`, an access token that the API rejected before it expired.
    pub(super) async fn replace_rejected_token(
        &self,
        grant: Grant,
        old: &CachedToken,
    ) -> Result<CachedToken, Error> {
        let source = self.source_of(grant);
        if old.renew_at.is_none() {
            return Err(Error::AccessTokenRefused { grant });
        }
        // Another task might have replaced it already. Its token must be kept.
        source.bearer.update(|kept| drop(kept.take_if(|kept| kept.since == old.since))).await;
        self.bearer(grant).await
    }

    /// Returns an access token for other programs. Requests a new one if possible, so that its
    /// remaining lifetime is as long as possible.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if credentials are missing, or [`Error::SignIn`] if they are
    /// rejected.
    pub async fn access_token(&self, grant: Grant) -> Result<AccessToken, Error> {
        let source = self.source_of(grant);
        match &source.sign_in {
            Err(missing) => Err(Error::Unavailable(missing.clone())),
            Ok(Credentials::AccessToken(token)) => {
                Ok(AccessToken { token: token.clone(), expires_in: None })
            }
            Ok(Credentials::Secret { id, secret }) => {
                let (token, life) = self.sign_in(source, id, secret).await?;
                Ok(AccessToken { token, expires_in: Some(life) })
            }
        }
    }

    async fn request_token(&self, source: &TokenSource) -> Result<CachedToken, Error> {
        match &source.sign_in {
            Err(missing) => Err(Error::Unavailable(missing.clone())),
            Ok(Credentials::AccessToken(token)) => {
                Ok(CachedToken::new(token.clone(), Instant::now(), None))
            }
            Ok(Credentials::Secret { id, secret }) => {
                // Counts the lifetime from before the request: it cannot have started earlier.
                let since = Instant::now();
                let (token, life) = self.sign_in(source, id, secret).await?;
                Ok(CachedToken::new(token, since, Some(life)))
            }
        }
    }

    async fn sign_in(
        &self,
        source: &TokenSource,
        id: &str,
        secret: &Secret,
    ) -> Result<(Secret, Duration), Error> {
        if let Some(rejection) = &*source.rejection.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(rejection.clone());
        }
        let (kind, id_field, secret_field) = match source.grant {
            Grant::ServiceAccount => ("client_credentials", "client_id", "client_secret"),
            Grant::Admin => ("password", "username", "password"),
        };
        let call = ApiRequest {
            body: Body::Form(vec![
                ("grant_type", kind.to_owned().into()),
                (id_field, id.to_owned().into()),
                (secret_field, secret.clone()),
            ]),
            // A second access token does no harm.
            idempotency: Idempotency::Safe,
            ..ApiRequest::new(HttpMethod::Post, self.inner.token.clone())
        };
        let grant = source.grant;
        // For a POST, these two errors would report that the caller's write might have been
        // processed.
        let own_error = |e| match e {
            Error::Unreadable { what: message, trace, .. } => {
                Error::SignIn { grant, status: 200, code: None, message, trace }
            }
            Error::TooLarge { .. } => {
                let message = "the response is too large".to_owned();
                Error::SignIn { grant, status: 200, code: None, message, trace: Trace::default() }
            }
            other => other,
        };
        let answer = self.send_with_retries(&call, None).await.map_err(own_error)?;
        if !answer.is_success() {
            let ErrorResponse { code, message, trace, .. } =
                ErrorResponse::of(&answer, &self.inner.known);
            let error = Error::SignIn { grant, status: answer.status, code, message, trace };
            if matches!(answer.status, 400 | 401 | 403) {
                *source.rejection.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(error.clone());
            }
            return Err(error);
        }
        let response: TokenResponse = response::read_secret(&call, &answer).map_err(own_error)?;
        self.inner.known.add(&response.access_token);
        let life = response.expires_in.map_or(DEFAULT_LIFE, Duration::from_secs);
        Ok((response.access_token, life.min(LONGEST_LIFE)))
    }

    fn source_of(&self, grant: Grant) -> &TokenSource {
        match grant {
            Grant::ServiceAccount => &self.inner.service_account,
            Grant::Admin => &self.inner.admin,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::super::NewUser;
    use super::super::testing::*;
    use super::*;

    const USERS: &str = "GET ./users?include_groups=false";

    fn users() -> Exchange {
        on(USERS, 200, &json!({"items": [listed(1)]}))
    }

    fn unauthorized(request: &str) -> Exchange {
        on(request, 401, &json!({"error": {"code": "unauthorized", "message": "Bad token"}}))
    }

    #[tokio::test]
    async fn one_access_token_serves_all_requests() {
        let server = Server::signed_in([
            on("DELETE ./users/00000000-0000-4000-8000-000000000001", 204, &Value::Null),
            on("DELETE ./users/00000000-0000-4000-8000-000000000002", 204, &Value::Null),
        ])
        .await;
        let (org, one, two) = (server.org(), user_id(1), user_id(2));
        let (a, b) = tokio::join!(org.remove_user(&one), org.remove_user(&two));
        assert!(a.is_ok() && b.is_ok());
        let seen = server.seen();
        assert_eq!(
            seen[0].body,
            format!("grant_type=client_credentials&client_id=robot&client_secret={CLIENT_SECRET}")
        );
        assert_eq!(seen[0].authorization, None);
        assert_eq!(seen[1].authorization, Some(format!("Bearer {BEARER}")));
    }

    #[tokio::test]
    async fn service_account_requests_use_password_grant() {
        let server = Server::start([
            sign_in(ADMIN_BEARER, 900),
            on("GET ./service-accounts", 200, &json!({"items": []})),
        ])
        .await;
        assert!(server.org().service_accounts().await.unwrap().is_empty());
        let seen = server.seen();
        assert_eq!(
            seen[0].body,
            "grant_type=password&username=ada%40example.com&password=pass%2Fword+of%3Dthe%26admin"
        );
        assert_eq!(seen[1].authorization, Some(format!("Bearer {ADMIN_BEARER}")));
    }

    #[tokio::test(start_paused = true)]
    async fn access_token_is_renewed_after_four_fifths_of_lifetime() {
        let life = Some(Duration::from_secs(900));
        let bearer = CachedToken::new(Secret::new("b".into()), Instant::now(), life);
        tokio::time::advance(Duration::from_secs(719)).await;
        assert!(bearer.is_fresh());
        tokio::time::advance(Duration::from_secs(1)).await;
        assert!(!bearer.is_fresh());
    }

    #[tokio::test]
    async fn expired_access_token_is_requested_again() {
        let server =
            Server::start([sign_in("one", 0), sign_in("two", 900), users(), users()]).await;
        let org = server.org();
        for _ in 0..2 {
            org.refresh_users();
            org.users().await.unwrap();
        }
        assert_eq!(server.seen()[3].authorization.as_deref(), Some("Bearer two"));
    }

    #[tokio::test]
    async fn rejected_access_token_is_replaced_and_request_retried() {
        let post = "POST ./users";
        let server = Server::signed_in([
            unauthorized(post),
            sign_in("second", 900),
            on(post, 200, &json!({"id": user_id(7)})),
        ])
        .await;
        server.org().add_user(&NewUser::default()).await.unwrap();
        let bearers: Vec<_> = server.seen().into_iter().filter_map(|it| it.authorization).collect();
        assert_eq!(bearers, [format!("Bearer {BEARER}"), "Bearer second".into()]);
    }

    #[tokio::test]
    async fn access_token_rejected_with_403_is_replaced_once() {
        for refusal in [
            json!({"error": {"code": "auth_required"}}),
            json!({"error": {"code": "auth_required", "message": "Sign in"}}),
            json!({"detail": "Not authenticated"}),
        ] {
            let refused = || on(USERS, 403, &refusal);
            let server = Server::signed_in([refused(), sign_in("second", 900), users()]).await;
            server.org().users().await.unwrap();
            let again = [refused(), sign_in("second", 900), refused()];
            let server = Server::signed_in(again).await;
            let error = server.org().users().await.unwrap_err();
            assert!(error.is_access_token_rejected() && error.status() == Some(403), "{error:?}");
        }
    }

    #[tokio::test]
    async fn forbidden_response_is_not_retried_with_new_token() {
        let refusal = json!({"error": {"code": "forbidden", "message": "Not allowed"}});
        let server = Server::signed_in([on(USERS, 403, &refusal)]).await;
        let error = server.org().users().await.unwrap_err();
        assert!(!error.is_access_token_rejected(), "{error:?}");
        assert_eq!((error.status(), error.message().as_str()), (Some(403), "Not allowed"));
    }

    #[tokio::test]
    async fn second_rejection_of_access_token_is_returned() {
        let server =
            Server::signed_in([unauthorized(USERS), sign_in("second", 900), unauthorized(USERS)])
                .await;
        let error = server.org().users().await.unwrap_err();
        assert_eq!((error.status(), error.message().as_str()), (Some(401), "Bad token"));
    }

    #[tokio::test]
    async fn concurrent_rejections_share_one_new_token() {
        let paths = [1, 2].map(|it| format!("DELETE ./users/{}", user_id(it)));
        let (held, release) = unauthorized(&paths[1]).held();
        let server = Server::signed_in([
            unauthorized(&paths[0]),
            held,
            sign_in("second", 900),
            on(&paths[0], 204, &Value::Null),
            on(&paths[1], 204, &Value::Null),
        ])
        .await;
        let (org, one, two) = (server.org(), user_id(1), user_id(2));
        let (a, b, ()) = tokio::join!(org.remove_user(&one), org.remove_user(&two), async {
            // Authentication, two rejections, authentication, one retry: the other rejection is
            // then released.
            server.wait_for(5).await;
            release.send(()).unwrap();
        });
        assert!(a.is_ok() && b.is_ok());
    }

    #[tokio::test]
    async fn wrong_credentials_are_sent_once_and_masked() {
        let echo = format!("client {CLIENT_SECRET} is unknown");
        let refusal = json!({"error": "invalid_client", "error_description": echo});
        let server = Server::start([on("POST /api/iam/token", 401, &refusal)]).await;
        let org = server.org();
        let error = org.users().await.unwrap_err();
        let Error::SignIn { grant: Grant::ServiceAccount, status: 401, code, .. } = &error else {
            panic!("{error:?}")
        };
        assert_eq!(code.as_deref(), Some("invalid_client"));
        let text = error.to_string();
        assert!(text.contains("service account") && text.contains("client *** is"), "{text}");
        assert_eq!(org.users().await.unwrap_err().to_string(), text);
    }

    #[tokio::test]
    async fn token_request_retries_while_endpoint_is_busy() {
        let busy = || on("POST /api/iam/token", 503, &Value::Null);
        let server = Server::start([busy(), busy(), sign_in(BEARER, 900), users()]).await;
        server.org().users().await.unwrap();
    }

    #[tokio::test]
    async fn invalid_token_response_keeps_write_outcome_known() {
        let odd = json!({"access_token": {"value": "hidden-bearer"}});
        let server = Server::start([on("POST /api/iam/token", 200, &odd)]).await;
        let error = server.org().add_user(&NewUser::default()).await.unwrap_err();
        assert!(matches!(error, Error::SignIn { .. }) && !error.outcome_unknown(), "{error:?}");
        let text = format!("{error} {error:?}");
        assert!(text.contains("access_token") && !text.contains("hidden"), "{text}");
    }

    #[tokio::test]
    async fn configured_access_token_is_used_and_rejection_explained() {
        let server = Server::start([unauthorized(USERS)]).await;
        let mut settings = server.settings();
        settings.service_account =
            Ok(Credentials::AccessToken(Secret::new("made-elsewhere".into())));
        let org = org(settings);
        assert_eq!(org.signed_in_client_id(), None);
        let text = org.users().await.unwrap_err().to_string();
        assert!(text.contains("access token that is configured"), "{text}");
        assert_eq!(server.seen()[0].authorization.as_deref(), Some("Bearer made-elsewhere"));
    }

    #[tokio::test]
    async fn missing_credentials_fail_only_requests_that_need_them() {
        let server = Server::signed_in([users()]).await;
        let mut settings = server.settings();
        let (summary, detail) = ("No admin".into(), "Set it.".into());
        settings.admin = Err(MissingSetting { summary, detail, unknown: true });
        let org = org(settings);
        org.users().await.unwrap();
        let error = org.service_accounts().await.unwrap_err();
        assert!(matches!(&error, Error::Unavailable(it) if it.unknown), "{error:?}");
        assert_eq!(error.to_string(), "No admin: Set it.");
    }

    #[tokio::test]
    async fn issued_access_token_is_always_new() {
        let server = Server::start([sign_in("one", 900), sign_in("two", 900)]).await;
        let org = server.org();
        org.bearer(Grant::ServiceAccount).await.unwrap();
        let token = org.access_token(Grant::ServiceAccount).await.unwrap();
        assert_eq!(token.token.expose(), "two");
        assert_eq!(token.expires_in, Some(Duration::from_secs(900)));
    }
}
