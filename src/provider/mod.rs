//! The provider itself: what it offers, and what its configuration becomes.

mod clock;
mod config;
mod credentials;
mod diagnose;
mod settings;

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

pub use clock::Clock;

use crate::client::Org;
use crate::resources::{Onboarding, Seat, ServiceAccount, Token, User};
use crate::tf_provider::cx::{Client, Cx};
use crate::tf_provider::diagnostics::Diagnostic;
use crate::tf_provider::provider::Provider;
use crate::{actions, data_sources, ephemeral, functions, lists};

/// All that this provider offers.
#[must_use]
pub fn provider() -> Provider<Anaconda> {
    Provider::new(config::schema(), config::connect)
        .resource::<Onboarding>()
        .resource::<Seat>()
        .resource::<ServiceAccount>()
        .resource::<Token>()
        .resource::<User>()
        .data_source::<data_sources::Seats>()
        .data_source::<data_sources::ServiceAccount>()
        .data_source::<data_sources::ServiceAccounts>()
        .data_source::<data_sources::Tokens>()
        .data_source::<data_sources::User>()
        .data_source::<data_sources::Users>()
        .ephemeral::<ephemeral::AccessToken>()
        .list::<lists::Seats>()
        .list::<lists::ServiceAccounts>()
        .list::<lists::Tokens>()
        .list::<lists::Users>()
        .action::<actions::OffboardUser>()
        .action::<actions::OnboardUsers>()
        .action::<actions::RenewToken>()
        .action::<actions::RevokeUserTokens>()
        .function(functions::normalize_email())
}

/// What resources work with: the organization, and the time.
#[derive(Clone, Debug)]
pub struct Anaconda {
    /// The organization, over its API.
    pub org: Org,
    /// Tells when a token has expired.
    pub clock: Clock,
    /// How many seats were purchased, if the user says so: no call reports it.
    pub seat_limit: Option<u32>,
    /// How many seats this run has planned and not assigned yet, less those that it frees.
    pub seats_planned: Tally,
    said: Arc<Mutex<HashSet<&'static str>>>,
}

impl Anaconda {
    /// An organization and a clock.
    #[must_use]
    pub fn new(org: Org, clock: Clock, seat_limit: Option<u32>) -> Self {
        Self { org, clock, seat_limit, seats_planned: Tally::default(), said: Arc::default() }
    }

    /// Warns about something that holds for the whole run, once.
    pub fn warn_once(&self, cx: &mut Cx<Self>, summary: &'static str, detail: &str) {
        // Nothing that holds this lock can leave it half changed.
        let first = self.said.lock().unwrap_or_else(PoisonError::into_inner).insert(summary);
        if first {
            cx.warn(Diagnostic::warning(summary, detail));
        }
    }
}

/// A count that all clones share.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<AtomicI64>);

impl Tally {
    /// Counts one more, and answers how many there are then.
    #[must_use]
    pub fn one_more(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// Counts one less.
    pub fn one_less(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Client for Anaconda {
    fn with_stop(&self, stop: CancellationToken) -> Self {
        Self { org: self.org.with_stop(stop), ..self.clone() }
    }
}
