//! [`Anaconda`]: what resources, data sources and the others work with.

mod clock;
mod credentials;
mod diagnose;
mod ledger;

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

pub use clock::Clock;
pub(crate) use credentials::{ADMIN, Kind, SERVICE_ACCOUNT};
pub(crate) use diagnose::capitalized;
pub(crate) use ledger::{Ledger, Object, Step, own_account};

use crate::client::Org;
use crate::tf_provider::cx::{Client, Cx};
use crate::tf_provider::diagnostics::Diagnostic;

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
    /// What this run plans with each object.
    pub(crate) ledger: Ledger,
    said: Arc<Mutex<HashSet<&'static str>>>,
}

impl Anaconda {
    /// An organization and a clock, for one run of this version of Terraform.
    #[must_use]
    pub fn new(org: Org, clock: Clock, terraform_version: &str) -> Self {
        Self {
            org,
            clock,
            seat_limit: None,
            seats_planned: Tally::default(),
            ledger: Ledger::new(terraform_version),
            said: Arc::default(),
        }
    }

    /// The same with what the user says about the organization: how many seats were purchased, and
    /// how many people one plan may remove.
    #[must_use]
    pub fn with_limits(self, seats: Option<u32>, offboardings: Option<u32>) -> Self {
        Self { seat_limit: seats, ledger: self.ledger.with_limit(offboardings), ..self }
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

    fn applying(&self) {
        self.ledger.applying();
    }
}
