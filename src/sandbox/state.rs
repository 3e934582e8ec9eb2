//! [`SandboxState`]: all data of a running sandbox, and [`Shared`], the lock around it.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::clock::Clock;
use super::errors::ApiError;
use super::faults::Faults;
use super::history::History;
use super::issued_tokens::{IssuedTokens, Principal};
use super::odd::{self, Oddities};
use super::options::{Dialect, Options};
use super::org::{Org, Rules, ServiceAccount};
use super::requests::RequestLog;
use super::secret_store::{SecretStore, SecretString};
use super::state_file::StateFile;
use super::token_bucket::TokenBucket;

/// All data of a sandbox.
#[derive(Debug)]
pub(crate) struct SandboxState {
    /// The organization.
    pub(crate) org: Org,
    /// Version of the API.
    pub(crate) dialect: Dialect,
    /// Lifetime of a new access token.
    pub(crate) bearer_lifetime: Duration,
    /// The clock of the sandbox.
    pub(crate) clock: Clock,
    /// Issued access tokens.
    pub(crate) bearers: IssuedTokens,
    /// All secrets.
    pub(crate) secrets: SecretStore,
    /// Fault rules.
    pub(crate) faults: Faults,
    /// Rate limit.
    pub(crate) rate: TokenBucket,
    /// Snapshots for stale list responses.
    pub(crate) history: History,
    /// List of requests.
    pub(crate) requests: RequestLog,
    /// Enabled kinds of odd responses.
    pub(crate) odd: Oddities,
    client_id: String,
    client_secret: SecretString,
    admin_username: String,
    admin_password: SecretString,
}

impl SandboxState {
    /// Adds a service account with a new client secret.
    pub(crate) fn add_service_account(&mut self, name: String) -> ServiceAccount {
        let secret = self.secrets.client_secret();
        self.org.add_service_account(name, secret)
    }

    /// Creates a state from the options, without the content of a state file.
    fn new(options: &Options) -> Self {
        let rules = Rules {
            seats: options.seats,
            subscription_end: options.subscription_end,
            several_tokens: options.several_tokens,
            tokens_outlive_seats: options.tokens_outlive_seats,
            onboarding_delay: options.onboarding_delay,
            accounts: BTreeSet::new(),
            never_arrive: BTreeSet::new(),
        };
        let mut secrets = SecretStore::default();
        secrets.remember(&options.admin_password);
        secrets.remember(&options.client_secret);
        Self {
            org: Org::new(options.organization.clone(), rules),
            dialect: options.dialect,
            bearer_lifetime: options.bearer_lifetime,
            clock: Clock::default(),
            bearers: IssuedTokens::default(),
            secrets,
            faults: Faults::default(),
            rate: TokenBucket::new(options.requests_per_second),
            history: History::default(),
            requests: RequestLog::default(),
            odd: odd::parse(&options.odd).unwrap_or_default(),
            client_id: options.client_id.clone(),
            client_secret: SecretString::new(options.client_secret.clone()),
            admin_username: options.admin_username.clone(),
            admin_password: SecretString::new(options.admin_password.clone()),
        }
    }

    /// Returns the time of the clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether these are the credentials of the admin. The name is case-insensitive.
    pub(crate) fn knows_admin(&self, username: &str, password: &str) -> bool {
        let is_password = self.admin_password.matches(password);
        self.admin_username.to_lowercase() == username.to_lowercase() && is_password
    }

    /// Issues an access token.
    pub(crate) fn sign_in(&mut self, principal: Principal) -> String {
        let bearer = self.secrets.bearer();
        let now = self.now();
        self.bearers.add(bearer.clone(), principal, now, self.bearer_lifetime);
        bearer
    }

    /// Removes a service account and revokes its access tokens.
    pub(crate) fn remove_service_account(&mut self, client_id: &str) -> Result<(), ApiError> {
        self.org.remove_service_account(client_id)?;
        self.bearers.end_of(client_id);
        Ok(())
    }

    /// Resets to one admin and the configured service account, without access tokens and fault rules.
    /// Settings, the clock, the list of requests, and the list of secrets do not change.
    pub(crate) fn reset(&mut self) {
        self.faults.clear();
        self.org.clear();
        self.bearers.clear();
        self.seed();
    }

    /// Adds the objects that every organization has at the start.
    fn seed(&mut self) {
        self.org.create_initial_admin(&self.admin_username);
        self.org.configure_service_account(&self.client_id, self.client_secret.reveal());
    }
}

/// The state for handlers. The lock is held only inside [`Shared::with`], and so never across an
/// `await`.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    state: Arc<Mutex<SandboxState>>,
    state_file: Option<Arc<StateFile>>,
}

impl Shared {
    /// Creates the state, with the content of the state file, if it exists.
    pub(crate) fn open(options: &Options) -> io::Result<Self> {
        let mut state = SandboxState::new(options);
        let state_file = options.state_file.clone().map(StateFile::new);
        if let Some(content) = state_file.as_ref().map(|f| f.load(&state.org.id)).transpose()? {
            state.org.restore(content.unwrap_or_default());
        }
        for account in state.org.service_accounts() {
            state.secrets.remember(account.secret.reveal());
        }
        state.seed();
        state.history.set_lag(options.listing_lag, &state.org, Instant::now());
        let state_file = state_file.map(Arc::new);
        Ok(Self { state: Arc::new(Mutex::new(state)), state_file })
    }

    /// Reads or changes the state, after completing the onboardings that are due.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut SandboxState) -> R) -> R {
        // No code panics while it holds the lock. After a panic, the state would still be consistent.
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let SandboxState { org, history, clock, .. } = &mut *state;
        org.arrive(clock.now());
        history.note(org, Instant::now());
        let result = act(&mut state);
        let SandboxState { org, history, .. } = &mut *state;
        history.note(org, Instant::now());
        result
    }

    /// Writes changes to the state file, if there is one.
    pub(crate) async fn keep(&self) -> Result<(), ApiError> {
        let Some(state_file) = &self.state_file else { return Ok(()) };
        let kept = state_file.keep(|kept| {
            self.with(|SandboxState { org, .. }| {
                let version = org.version();
                (kept != Some(version)).then(|| (version, org.id.clone(), org.content()))
            })
        });
        kept.await.map_err(|error| ApiError::NotKept(error.to_string()))
    }
}
