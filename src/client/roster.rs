//! The shared listing of users, and how our own writes keep it true.
//!
//! No call reads one user, so a run over thousands of users has to do with one listing. A listing
//! may lag behind writes, and one that was on its way during a write shows the time before it.
//! So each write is also kept in a log, and the recent ones are applied again on top of whatever
//! listing comes. That way a user whom we just added does not look deleted.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::single_flight::SingleFlight;
use super::{Error, User, UserId};

/// How long a listing may take to show a write.
const LAG: Duration = Duration::from_secs(60);

/// What stands in `subscriptions` for a seat that we assigned: the answer does not say which
/// product it is for.
const SEAT: &str = "assigned";

/// All users of the organization, found by ID or address. Ordered by ID.
#[derive(Clone, Debug, Default)]
pub struct Users {
    by_id: BTreeMap<UserId, Arc<User>>,
    /// By address in lower case. Nothing promises that an address occurs once.
    by_email: BTreeMap<String, Vec<UserId>>,
}

impl Users {
    /// The user with this ID.
    #[must_use]
    pub fn by_id(&self, id: &UserId) -> Option<&User> {
        self.shared_by_id(id).map(Arc::as_ref)
    }

    /// The user with this address, ignoring case; the first by ID should there be several.
    #[must_use]
    pub fn by_email(&self, email: &str) -> Option<&User> {
        self.shared_by_email(email).map(Arc::as_ref)
    }

    /// All users, ordered by ID.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_id.values().map(Arc::as_ref)
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Whether there are none, which a listing never is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// How many of them hold a seat.
    #[must_use]
    pub fn seats_in_use(&self) -> usize {
        self.iter().filter(|user| user.has_seat()).count()
    }

    /// [`Users::by_id`], to keep.
    pub(super) fn shared_by_id(&self, id: &UserId) -> Option<&Arc<User>> {
        self.by_id.get(id)
    }

    /// [`Users::by_email`], to keep.
    pub(super) fn shared_by_email(&self, email: &str) -> Option<&Arc<User>> {
        let ids = self.by_email.get(&email.to_lowercase())?;
        ids.iter().min().and_then(|id| self.by_id.get(id))
    }

    fn insert(&mut self, user: Arc<User>) {
        self.remove(&user.id.clone());
        if let Some(email) = &user.email {
            self.by_email.entry(email.to_lowercase()).or_default().push(user.id.clone());
        }
        self.by_id.insert(user.id.clone(), user);
    }

    fn remove(&mut self, id: &UserId) {
        let Some(email) = self.by_id.remove(id).and_then(|user| user.email.clone()) else {
            return;
        };
        if let Some(ids) = self.by_email.get_mut(&email.to_lowercase()) {
            ids.retain(|other| other != id);
        }
    }

    fn apply(&mut self, write: &Write) {
        match write {
            // The listing knows better than our copy of the answer, once it knows the user.
            Write::Added(user) if self.by_id.contains_key(&user.id) => {}
            Write::Added(user) => self.insert(Arc::clone(user)),
            Write::Removed(id) => self.remove(id),
            Write::SeatAssigned(id) => self.change(id, |user| {
                if !user.has_seat() {
                    user.subscriptions.push(SEAT.to_owned());
                }
            }),
            Write::SeatRemoved(id) => self.change(id, |user| user.subscriptions.clear()),
        }
    }

    fn change(&mut self, id: &UserId, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.by_id.get_mut(id) {
            change(Arc::make_mut(user));
        }
    }
}

impl FromIterator<User> for Users {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        users.into_iter().fold(Self::default(), |mut all, user| {
            all.insert(Arc::new(user));
            all
        })
    }
}

/// Something that we did, and that a listing has to show.
pub(super) enum Write {
    /// A user was added.
    Added(Arc<User>),
    /// A user was removed, or turned out to be gone.
    Removed(UserId),
    /// A seat was assigned, or turned out to be.
    SeatAssigned(UserId),
    /// A seat was removed, or turned out to be.
    SeatRemoved(UserId),
}

/// The moment at which a fetch began: what came may lack whatever was written after it.
#[derive(Clone, Copy)]
pub(super) struct Since {
    at: Instant,
    /// How often the listing had been dropped by then.
    drops: u64,
}

/// The listing, shared by all.
#[derive(Default)]
pub(super) struct Roster {
    /// Whether this deployment has the listing; lets one fetch run at a time.
    exists: SingleFlight<bool>,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    /// Shared with those who asked: copied at a write only while one of them still holds it.
    users: Option<Arc<Users>>,
    writes: Vec<(Instant, Write)>,
    drops: u64,
}

impl Ledger {
    fn replay(&self, users: &mut Users, since: Since) {
        let recent = self.writes.iter().filter(|(at, _)| *at + LAG >= since.at);
        recent.for_each(|(_, write)| users.apply(write));
    }
}

impl Roster {
    /// The listing, fetched if need be. `fetch` answers whether there is such a listing, after it
    /// has handed what came to [`Roster::take_over`].
    pub(super) async fn users(
        &self,
        fetch: impl AsyncFn(Since) -> Result<bool, Error>,
    ) -> Result<Option<Arc<Users>>, Error> {
        loop {
            let good = |exists: &bool| !exists || self.ledger().users.is_some();
            if !self.exists.get(good, || fetch(self.since())).await? {
                return Ok(None);
            }
            // Dropped since, and perhaps for a reason that the fetch was too early for: again.
            if let Some(users) = &self.ledger().users {
                return Ok(Some(Arc::clone(users)));
            }
        }
    }

    /// What `find` finds in the listing, if there is one.
    pub(super) fn peek<T>(&self, find: impl FnOnce(&Users) -> T) -> Option<T> {
        self.ledger().users.as_deref().map(find)
    }

    /// The present moment, as the beginning of a fetch.
    pub(super) fn since(&self) -> Since {
        Since { at: Instant::now(), drops: self.ledger().drops }
    }

    /// Keeps what a fetch brought, unless the listing was dropped after it began.
    pub(super) fn take_over(&self, listed: Vec<User>, since: Since) {
        let mut users = listed.into_iter().collect();
        let mut ledger = self.ledger();
        ledger.replay(&mut users, since);
        if ledger.drops == since.drops {
            ledger.users = Some(Arc::new(users));
        }
    }

    /// What a fetch brought, with our own recent writes on top. Not kept.
    pub(super) fn up_to_date(&self, listed: Vec<User>, since: Since) -> Users {
        let mut users = listed.into_iter().collect();
        self.ledger().replay(&mut users, since);
        users
    }

    /// Notes a write.
    pub(super) fn record(&self, write: Write) {
        let mut ledger = self.ledger();
        if let Some(users) = &mut ledger.users {
            Arc::make_mut(users).apply(&write);
        }
        ledger.writes.push((Instant::now(), write));
    }

    /// Drops the listing.
    pub(super) fn forget(&self) {
        let mut ledger = self.ledger();
        ledger.users = None;
        ledger.drops += 1;
    }

    /// Drops the listing if this error leaves open what was written.
    pub(super) fn distrust_after(&self, error: &Error) {
        if error.outcome_unknown() {
            self.forget();
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
