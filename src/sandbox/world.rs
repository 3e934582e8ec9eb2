//! Everything one running sandbox knows, behind one lock.

use std::collections::BTreeSet;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use jiff::Timestamp;

use super::bearers::{Bearers, Holder};
use super::clock::Clock;
use super::errors::Failure;
use super::faults::Faults;
use super::history::History;
use super::mint::{Hidden, Mint};
use super::odd::{self, Oddities};
use super::options::{Dialect, Options};
use super::org::{Org, Rules};
use super::rate::Rate;
use super::requests::RequestLog;
use super::state_file::StateFile;

/// What a sandbox knows and remembers.
#[derive(Debug)]
pub(crate) struct World {
    /// The organization.
    pub(crate) org: Org,
    /// Which form of the API is spoken.
    pub(crate) dialect: Dialect,
    /// How long a new bearer lives.
    pub(crate) bearer_lifetime: Duration,
    /// The time.
    pub(crate) clock: Clock,
    /// Who is signed in.
    pub(crate) bearers: Bearers,
    /// All secrets.
    pub(crate) mint: Mint,
    /// What happens to requests.
    pub(crate) faults: Faults,
    /// How many requests are taken.
    pub(crate) rate: Rate,
    /// What listings that lag show.
    pub(crate) history: History,
    /// All requests.
    pub(crate) requests: RequestLog,
    /// In which ways answers are odd.
    pub(crate) odd: Oddities,
    client_id: String,
    client_secret: Hidden,
    admin_username: String,
    admin_password: Hidden,
}

impl World {
    /// A world as the options have it, without what a state file kept.
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
        let mut mint = Mint::default();
        mint.remember(&options.admin_password);
        mint.remember(&options.client_secret);
        Self {
            org: Org::new(options.organization.clone(), rules),
            dialect: options.dialect,
            bearer_lifetime: options.bearer_lifetime,
            clock: Clock::default(),
            bearers: Bearers::default(),
            mint,
            faults: Faults::default(),
            rate: Rate::new(options.requests_per_second),
            history: History::default(),
            requests: RequestLog::default(),
            odd: odd::parse(&options.odd).unwrap_or_default(),
            client_id: options.client_id.clone(),
            client_secret: Hidden::new(options.client_secret.clone()),
            admin_username: options.admin_username.clone(),
            admin_password: Hidden::new(options.admin_password.clone()),
        }
    }

    /// The time by the sandbox's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Whether these are the admin's credentials. A name is compared as an address: without case.
    pub(crate) fn knows_admin(&self, username: &str, password: &str) -> bool {
        let is_password = self.admin_password.matches(password);
        self.admin_username.to_lowercase() == username.to_lowercase() && is_password
    }

    /// Signs somebody in: a new bearer.
    pub(crate) fn sign_in(&mut self, holder: Holder) -> String {
        let bearer = self.mint.bearer();
        let now = self.now();
        self.bearers.add(bearer.clone(), holder, now, self.bearer_lifetime);
        bearer
    }

    /// Removes a service account, its bearers with it.
    pub(crate) fn remove_service_account(&mut self, client_id: &str) -> Result<(), Failure> {
        self.org.remove_service_account(client_id)?;
        self.bearers.end_of(client_id);
        Ok(())
    }

    /// Back to one admin and the configured service account, nobody signed in, no faults.
    /// Settings, clock, requests and the list of secrets stay.
    pub(crate) fn reset(&mut self) {
        self.faults.clear();
        self.org.clear();
        self.bearers.clear();
        self.furnish();
    }

    /// Puts in place what every organization here has.
    fn furnish(&mut self) {
        self.org.found(&self.admin_username);
        self.org.configure_service_account(&self.client_id, self.client_secret.reveal());
    }
}

/// The world, for handlers. The lock is only ever held inside [`Shared::with`], so never across
/// an `await`.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    world: Arc<Mutex<World>>,
    state_file: Option<Arc<StateFile>>,
}

impl Shared {
    /// Makes the world, from the state file where there is one.
    pub(crate) fn open(options: &Options) -> io::Result<Self> {
        let mut world = World::new(options);
        let state_file = options.state_file.clone().map(StateFile::new);
        if let Some(content) = state_file.as_ref().map(|f| f.load(&world.org.id)).transpose()? {
            world.org.restore(content.unwrap_or_default());
        }
        for account in world.org.service_accounts() {
            world.mint.remember(account.secret.reveal());
        }
        world.furnish();
        world.history.set_lag(options.listing_lag, &world.org, Instant::now());
        let state_file = state_file.map(Arc::new);
        Ok(Self { world: Arc::new(Mutex::new(world)), state_file })
    }

    /// Looks at the world, or changes it. Whoever was to arrive by now has arrived.
    pub(crate) fn with<R>(&self, act: impl FnOnce(&mut World) -> R) -> R {
        // Nothing panics while it holds the lock; if something did, the world would still be one.
        let mut world = self.world.lock().unwrap_or_else(PoisonError::into_inner);
        let World { org, history, clock, .. } = &mut *world;
        org.arrive(clock.now());
        history.note(org, Instant::now());
        let result = act(&mut world);
        let World { org, history, .. } = &mut *world;
        history.note(org, Instant::now());
        result
    }

    /// Keeps what has changed, if it is to be kept.
    pub(crate) async fn keep(&self) -> Result<(), Failure> {
        let Some(state_file) = &self.state_file else { return Ok(()) };
        let kept = state_file.keep(|kept| {
            self.with(|World { org, .. }| {
                let version = org.version();
                (kept != Some(version)).then(|| (version, org.id.clone(), org.content()))
            })
        });
        kept.await.map_err(|error| Failure::NotKept(error.to_string()))
    }
}
