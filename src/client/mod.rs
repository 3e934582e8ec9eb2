//! HTTP client of Anaconda's Organization Management API. Does not depend on Terraform.
//!
//! [`Org`] is the handle to one organization. Each area of the API has its own file, which adds its
//! requests to [`Org`]: `users`, `seats`, `tokens`, `service_accounts`, `onboarding`. They use:
//!
//! - `request` (a request before it is sent), `execute` (authentication and attempts), `http` (one
//!   attempt), `retry` (when to retry), `throttle` (concurrency and rate limit);
//! - `auth` (access tokens), `response` and `lenient` (parsing of responses), `listing`
//!   (pagination);
//! - `journal` (writes and claims of this run), `cache` and `user_index` (lists, kept up to date by
//!   the journal), `poll` and `confirm` (lists that might be stale).
//!
//! Source of all API facts: Anaconda's Organization Management API 1.0.0 (OpenAPI), and the guide
//! "Managing your organization using the Anaconda Cloud API" where it is older and smaller.

mod auth;
mod cache;
mod client_certificate;
mod confirm;
mod error;
mod execute;
#[cfg(test)]
#[path = "../../tests/fuzz/client.rs"]
mod fuzz;
mod http;
mod id;
mod journal;
mod lenient;
mod listing;
mod locks;
mod mask;
mod observer;
mod onboarding;
mod organization;
mod poll;
mod probe;
mod proxy;
mod request;
mod response;
mod retry;
mod seats;
mod service_accounts;
mod settings;
mod single_flight;
#[cfg(test)]
mod testing;
mod throttle;
mod tokens;
mod trace;
mod user;
mod user_index;
mod users;

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub use reqwest::Url;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

pub use self::auth::AccessToken;
pub use self::error::Error;
pub use self::http::is_loopback;
pub use self::id::{ClientId, InvalidId, OrgId, TokenId, UserId};
pub use self::journal::{Announced, CONSISTENCY_WINDOW, NotClaimed, Object, Removal};
pub use self::observer::{ObservedResponse, ResponseObserver};
pub use self::onboarding::Onboarding;
pub use self::poll::ListPoll;
pub use self::probe::{ProbeError, TlsRejection};
pub use self::proxy::unusable_proxy_variable;
pub use self::service_accounts::{NewServiceAccount, ServiceAccount};
pub use self::settings::{Credentials, Grant, Identity, MissingSetting, Settings};
pub use self::tokens::{IssuedToken, NewToken, Token, TokenChange};
pub use self::trace::Trace;
pub use self::user::{Group, Role, User};
pub use self::user_index::Users;
pub use self::users::{AddedUser, NewUser};

use self::auth::TokenSource;
use self::cache::ListCache;
use self::confirm::Confirmations;
use self::http::Http;
use self::journal::Journal;
use self::locks::Locks;
use self::mask::KnownSecrets;
use self::retry::{RetryPolicy, Until};
use self::throttle::Throttle;
use self::tokens::TokenCache;
use crate::secret::Secret;

/// Minimum length of a header value that is masked. Masking shorter values would make every text
/// unreadable, and they are not secrets.
const SHORTEST_SECRET: usize = 4;

/// Handle to one organization. Cheap to clone; all clones share connections, access tokens, and
/// lists.
#[derive(Clone)]
pub struct Org {
    inner: Arc<Inner>,
    /// Cancels the waits of this handle, and nothing else.
    stop: CancellationToken,
    /// Limits the retries of this handle. `None`: the limits of one request apply.
    until: Option<Until>,
}

/// State that all clones share.
struct Inner {
    organization: Result<OrgId, MissingSetting>,
    /// Root URL of the API.
    api: Url,
    /// URL of the token endpoint.
    token: Url,
    http: Http,
    pace: RetryPolicy,
    throttle: Throttle,
    service_account: TokenSource,
    admin: TokenSource,
    known: KnownSecrets,
    journal: Journal,
    users: ListCache<Users>,
    tokens: TokenCache,
    accounts: ListCache<Vec<ServiceAccount>>,
    /// Unknown product codes that the client has already logged.
    products_named: Mutex<HashSet<String>>,
    locks: Locks,
    confirmations: Confirmations,
    listings_seen: Mutex<HashSet<Option<String>>>,
    /// Other organization names, and whether each one names this organization.
    also: tokio::sync::Mutex<HashMap<String, bool>>,
}

impl Org {
    /// Creates a handle. Sends no request: invalid settings show at the first request.
    ///
    /// # Errors
    /// Returns [`Error::Setup`] if no request can ever be sent with the settings: a base URL that
    /// contains credentials or has no host, or certificates that are not PEM.
    pub fn new(settings: Settings) -> Result<Self, Error> {
        Self::tapped(settings, None)
    }

    /// Creates a handle whose responses are passed to `tap` before the client processes them.
    ///
    /// # Errors
    /// As [`Org::new`].
    pub fn with_observer(
        settings: Settings,
        tap: Arc<dyn ResponseObserver>,
    ) -> Result<Self, Error> {
        Self::tapped(settings, Some(tap))
    }

    fn tapped(settings: Settings, tap: Option<Arc<dyn ResponseObserver>>) -> Result<Self, Error> {
        let base = &settings.base_url;
        if !base.username().is_empty() || base.password().is_some() {
            let what = "the base URL must not contain a user name or password".to_owned();
            return Err(Error::Setup { what });
        }
        let inner = Inner {
            api: request::join_segments(base, request::segments(&settings.api_path))?,
            token: request::join_segments(base, request::segments(&settings.token_path))?,
            http: Http::new(&settings, tap)?,
            pace: RetryPolicy::new(settings.max_retries),
            throttle: Throttle::new(settings.max_concurrent_requests),
            organization: settings.organization,
            service_account: TokenSource::new(Grant::ServiceAccount, settings.service_account),
            admin: TokenSource::new(Grant::Admin, settings.admin),
            known: KnownSecrets::default(),
            journal: Journal::default(),
            users: ListCache::default(),
            tokens: TokenCache::default(),
            accounts: ListCache::default(),
            products_named: Mutex::default(),
            locks: Locks::default(),
            confirmations: Confirmations::default(),
            listings_seen: Mutex::default(),
            also: tokio::sync::Mutex::default(),
        };
        for source in [&inner.service_account, &inner.admin] {
            source.secret().iter().for_each(|secret| inner.known.add(secret));
        }
        let headers = settings.extra_headers.iter().map(|(_, value)| value);
        let keys = settings.identity.iter().map(|identity| &identity.key);
        let long = |secret: &&Secret| secret.expose().len() >= SHORTEST_SECRET;
        headers.chain(keys).filter(long).for_each(|secret| inner.known.add(secret));
        if let Some(password) = settings.proxy_url.as_ref().and_then(Url::password) {
            inner.known.add(&password.to_owned().into());
        }
        Ok(Self { inner: Arc::new(inner), stop: CancellationToken::new(), until: None })
    }

    /// Returns a handle to the same organization whose waits end when `stop` is canceled. A pending
    /// request can finish, because its outcome would otherwise be unknown.
    #[must_use]
    pub fn with_cancellation(&self, stop: CancellationToken) -> Self {
        Self { stop, ..self.clone() }
    }

    /// Returns a handle to the same organization that retries until `budget` has passed, without a
    /// maximum number of retries. A request that is pending at the deadline can finish.
    #[must_use]
    pub fn within(&self, budget: Duration) -> Self {
        Self { until: Instant::now().checked_add(budget).map(Until::Time), ..self.clone() }
    }

    /// Returns a handle to the same organization that retries only until `budget` has passed, and
    /// at most the usual number of times.
    #[must_use]
    pub fn at_most(&self, budget: Duration) -> Self {
        let until = Some(Until::Tries(Instant::now().checked_add(budget)));
        Self { until, ..self.clone() }
    }

    /// Returns the ID of the organization that all requests are about.
    ///
    /// # Errors
    /// Returns [`Error::Unavailable`] if no organization was configured, or if it is unknown until
    /// apply.
    pub fn organization(&self) -> Result<&OrgId, Error> {
        self.inner.organization.as_ref().map_err(|missing| Error::Unavailable(missing.clone()))
    }

    /// Returns the text that names the organization in messages: a configuration might have
    /// several.
    #[must_use]
    pub fn organization_label(&self) -> String {
        match &self.inner.organization {
            Ok(id) => format!("organization \"{}\"", id.as_str()),
            Err(_) => "organization".to_owned(),
        }
    }

    /// Returns the client ID of the service account that this handle authenticates with. `None`
    /// without credentials, or with a configured access token.
    #[must_use]
    pub fn signed_in_client_id(&self) -> Option<&str> {
        self.inner.service_account.id()
    }

    /// Returns the user name of the organization admin that this handle authenticates with. `None`
    /// as for [`Org::signed_in_client_id`].
    #[must_use]
    pub fn signed_in_admin(&self) -> Option<&str> {
        self.inner.admin.id()
    }
}

/// Returns a handle for tests in other modules, without a server.
#[cfg(test)]
pub(crate) fn org_for_tests(max_retries: u32) -> Org {
    let settings = testing::settings("https://anaconda.invalid");
    Org::new(Settings { max_retries, ..settings }).unwrap()
}

impl fmt::Debug for Org {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Org")
            .field("organization", &self.inner.organization)
            .field("api", &self.inner.api.as_str())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::*;
    use super::*;

    #[test]
    fn debug_output_of_client_shows_no_secret() {
        let mut settings = settings("https://anaconda.invalid/x");
        settings.proxy_url = Some("http://user:proxy-password@proxy.invalid".parse().unwrap());
        let bearer = Credentials::AccessToken(BEARER.to_owned().into());
        let shown = format!("{settings:?} {bearer:?}");
        let text = format!("{shown} {:?}", Org::new(settings).unwrap());
        for secret in [CLIENT_SECRET, PASSWORD, BEARER, "proxy-password"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("acme") && text.contains("https://anaconda.invalid/x/api/v1"));
    }

    #[test]
    fn handle_returns_organization_and_authenticated_ids() {
        let org = Org::new(settings("https://anaconda.invalid")).unwrap();
        assert_eq!(org.organization().unwrap().as_str(), "acme");
        assert_eq!(org.signed_in_client_id(), Some("robot"));
    }

    #[tokio::test]
    async fn missing_organization_fails_first_request() {
        let why = MissingSetting {
            summary: "No organization".into(),
            detail: "Set it.".into(),
            unknown: false,
        };
        let mut settings = settings("https://anaconda.invalid");
        settings.organization = Err(why);
        let error = Org::new(settings).unwrap().users().await.unwrap_err();
        assert_eq!(error.to_string(), "No organization: Set it.");
    }

    /// Compiles only if the requests can move between threads, as the tasks of a server do.
    #[test]
    fn client_futures_are_send_and_sync() {
        fn sendable(_: impl Send) {}
        let org = Org::new(settings("https://anaconda.invalid")).unwrap();
        let (user, client) = (user_id(1), ClientId::parse("c").unwrap());
        sendable(org.users());
        sendable(org.user_by_id(&user));
        sendable(org.user_by_email("a"));
        sendable(org.add_user(&NewUser::default()));
        sendable(org.tokens(&user));
        sendable(org.service_accounts());
        sendable(org.create_service_account("a"));
        sendable(org.delete_service_account(&client));
        sendable(org.onboard(&[]));
        sendable(org.access_token(Grant::Admin));
    }
}
