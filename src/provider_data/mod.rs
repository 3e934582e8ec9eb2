//! [`ProviderData`]: the configured provider data that resources, data sources, and other types
//! use.

mod clock;
mod credentials;
mod diagnose;
mod ledger;
mod onboardings;

use std::collections::HashSet;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio_util::sync::CancellationToken;

pub use clock::Clock;
pub(crate) use credentials::{ADMIN, CredentialKind, SERVICE_ACCOUNT};
pub(crate) use diagnose::{RESPONSE, capitalized, cause};
pub(crate) use ledger::{DESTROY, Ledger, Object, Step, own_account};

use self::onboardings::Onboardings;
use crate::client::Org;
use crate::tf_provider::context::{Client, Context};
use crate::tf_provider::diagnostics::{Diagnostic, Result};

/// The configured provider data: the organization, the clock, and the state of the run.
#[derive(Clone, Debug)]
pub struct ProviderData {
    /// The API client of the organization.
    pub org: Org,
    /// The clock that decides whether a token has expired.
    pub clock: Clock,
    /// The number of purchased seats, if the user configured it. The API does not report it.
    pub seat_limit: Option<u32>,
    /// The number of seats that this run has planned and not assigned yet, minus those that it
    /// unassigns.
    pub seats_planned: SharedCounter,
    /// The planned effect of this run on each object.
    pub(crate) ledger: Ledger,
    /// The members that the onboardings of this run release to each other.
    pub(crate) onboardings: Onboardings,
    shown_warnings: Arc<Mutex<HashSet<&'static str>>>,
}

impl ProviderData {
    /// Returns the data for one run of this version of Terraform.
    #[must_use]
    pub fn new(org: Org, clock: Clock, terraform_version: &str) -> Self {
        Self {
            org,
            clock,
            seat_limit: None,
            seats_planned: SharedCounter::default(),
            ledger: Ledger::new(terraform_version),
            onboardings: Onboardings::default(),
            shown_warnings: Arc::default(),
        }
    }

    /// Sets the limits that the user configured: the number of purchased seats, and the number of
    /// people that one plan can remove.
    #[must_use]
    pub fn with_limits(self, seats: Option<u32>, offboardings: Option<u32>) -> Self {
        Self { seat_limit: seats, ledger: self.ledger.with_limit(offboardings), ..self }
    }

    /// Reports whether this run has not shown this message before, and records that it has now.
    pub(crate) fn first_time(&self, summary: &'static str) -> bool {
        // No code that holds this lock can leave the data in an inconsistent state.
        self.shown_warnings.lock().unwrap_or_else(PoisonError::into_inner).insert(summary)
    }

    /// Warns once about something that applies to the whole run.
    pub fn warn_once(&self, cx: &mut Context<Self>, summary: &'static str, detail: &str) {
        if self.first_time(summary) {
            cx.warn(Diagnostic::warning(summary, detail));
        }
    }
}

/// A counter that all clones share.
#[derive(Clone, Debug, Default)]
pub struct SharedCounter(Arc<AtomicI64>);

impl SharedCounter {
    /// Increments the counter and returns its new value.
    #[must_use]
    pub fn increment(&self) -> i64 {
        self.0.fetch_add(1, Ordering::Relaxed).saturating_add(1)
    }

    /// Decrements the counter.
    pub fn decrement(&self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Client for ProviderData {
    fn with_cancellation(&self, stop: CancellationToken) -> Self {
        Self { org: self.org.with_cancellation(stop), ..self.clone() }
    }

    /// Returns the organization as it is configured.
    fn scope(&self) -> Option<String> {
        self.org.organization().ok().map(ToString::to_string)
    }

    async fn verify_scope(&self, remembered: &str) -> Result<()> {
        if self.org.is_also(remembered).await? {
            return Ok(());
        }
        let ours = self.org.organization()?;
        Err(Diagnostic::error(
            "Organization ID mismatch",
            format!(
                "The state belongs to the organization \"{remembered}\", and `organization_id` of the \
                 provider is \"{ours}\". The provider made no changes and kept the object in the \
                 state.\n\nSet `organization_id` (ANACONDA_ORGANIZATION_ID) to \"{remembered}\". Do this \
                 also if both values name the same organization: one is its slug, the other its UUID, and \
                 no API response proved that they belong together. A service account or a \
                 group in the organization proves it; to read service accounts, the provider needs \
                 `admin_username` and `admin_password`. To manage an object of \"{ours}\" at this \
                 address instead, run `terraform state rm <ADDRESS>` first."
            ),
        )
        .into())
    }

    fn apply_started(&self) {
        self.ledger.apply_started();
    }
}
