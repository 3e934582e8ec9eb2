//! The organization: its members, seats, tokens and service accounts, and the rules between them.
//!
//! No HTTP here. Whatever depends on time takes `now`. Rules that the published texts leave open
//! are decided in one place each and say so.

mod as_text;
mod directory;
mod error;
mod model;
mod onboarding;
mod out_of_band;
mod seats;
mod service_accounts;
mod tokens;
mod users;

use std::collections::BTreeSet;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use directory::Directory;
pub(crate) use error::OrgError;
pub(crate) use model::{Mail, Pending, Role, ServiceAccount, Token, User};
pub(crate) use out_of_band::{TokenPatch, UserPatch};
pub(crate) use tokens::{Renewal, TokenOrder};

/// One organization.
#[derive(Debug)]
pub(crate) struct Org {
    /// Its id, in every path.
    pub(crate) id: String,
    /// What can be set from outside.
    pub(crate) rules: Rules,
    users: Directory,
    service_accounts: Vec<ServiceAccount>,
    onboarding: Vec<Pending>,
    mails: Vec<Mail>,
    version: u64,
}

/// What can be set from outside while the organization lives.
#[derive(Clone, Debug)]
pub(crate) struct Rules {
    /// Seats of the subscription.
    pub(crate) seats: u32,
    /// When the subscription ends.
    pub(crate) subscription_end: Timestamp,
    /// Whether issuing a token leaves the user's other live tokens alone.
    pub(crate) several_tokens: bool,
    /// Whether removing a user's seat leaves the user's tokens alone.
    pub(crate) tokens_outlive_seats: bool,
    /// How long an onboarded address is in process.
    pub(crate) onboarding_delay: Duration,
    /// Addresses that have an account elsewhere, in lower case: they cannot be onboarded.
    pub(crate) accounts: BTreeSet<String>,
    /// Addresses, in lower case, whose onboarding is accepted and then fails unseen.
    pub(crate) never_arrive: BTreeSet<String>,
}

/// All that happened in an organization, as the state file keeps it.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Content {
    /// Users in the order they came.
    pub(crate) users: Vec<User>,
    /// Service accounts with their secrets.
    pub(crate) service_accounts: Vec<KeptAccount>,
    /// Addresses in process.
    pub(crate) onboarding: Vec<Pending>,
    /// Mails sent.
    pub(crate) mails: Vec<Mail>,
    /// See [`Rules::accounts`].
    pub(crate) accounts: BTreeSet<String>,
    /// See [`Rules::never_arrive`].
    pub(crate) never_arrive: BTreeSet<String>,
}

/// A service account in the state file: the one form that shows the secret.
#[derive(Serialize, Deserialize)]
pub(crate) struct KeptAccount {
    name: String,
    client_id: String,
    client_secret: String,
}

impl std::fmt::Debug for KeptAccount {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("KeptAccount").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

impl Org {
    /// An organization with nobody in it.
    pub(crate) fn new(id: String, rules: Rules) -> Self {
        Self {
            id,
            rules,
            users: Directory::default(),
            service_accounts: Vec::new(),
            onboarding: Vec::new(),
            mails: Vec::new(),
            version: 0,
        }
    }

    /// Grows with every change: tells whether there is something new to keep.
    pub(crate) fn version(&self) -> u64 {
        self.version
    }

    /// Forgets everything but the rules, as if newly made.
    pub(crate) fn clear(&mut self) {
        *self = Self {
            version: self.version + 1,
            ..Self::new(std::mem::take(&mut self.id), self.rules.clone())
        };
    }

    /// All that has to be kept between two runs.
    pub(crate) fn content(&self) -> Content {
        Content {
            users: self.users().cloned().collect(),
            service_accounts: self.service_accounts.iter().map(KeptAccount::from).collect(),
            onboarding: self.onboarding.clone(),
            mails: self.mails.clone(),
            accounts: self.rules.accounts.clone(),
            never_arrive: self.rules.never_arrive.clone(),
        }
    }

    /// Takes over what an earlier run kept.
    pub(crate) fn restore(&mut self, content: Content) {
        self.clear();
        content.users.into_iter().for_each(|user| self.users.insert(user));
        self.service_accounts =
            content.service_accounts.into_iter().map(ServiceAccount::from).collect();
        self.onboarding = content.onboarding;
        self.mails = content.mails;
        self.rules.accounts = content.accounts;
        self.rules.never_arrive = content.never_arrive;
    }

    /// Mails sent so far.
    pub(crate) fn mails(&self) -> &[Mail] {
        &self.mails
    }

    /// Notes a change from outside, such as of [`Rules`].
    pub(crate) fn touch(&mut self) {
        self.version += 1;
    }

    fn mail(&mut self, to: String, kind: &str) {
        self.mails.push(Mail { to, kind: kind.to_owned() });
    }
}

impl From<&ServiceAccount> for KeptAccount {
    fn from(account: &ServiceAccount) -> Self {
        Self {
            name: account.name.clone(),
            client_id: account.client_id.clone(),
            client_secret: account.secret.reveal().to_owned(),
        }
    }
}

#[cfg(test)]
impl Org {
    /// Three seats, one admin, subscription to the end of 2030.
    fn for_tests() -> Self {
        let rules = Rules {
            seats: 3,
            subscription_end: "2030-12-31T00:00:00Z".parse().unwrap(),
            several_tokens: false,
            tokens_outlive_seats: false,
            onboarding_delay: Duration::ZERO,
            accounts: BTreeSet::new(),
            never_arrive: BTreeSet::new(),
        };
        let mut org = Self::new("sandbox".into(), rules);
        org.create_initial_admin("admin@example.com");
        org
    }
}
