//! [`Journal`]: all writes and claims of one configured provider.
//!
//! An [`Org`] and its clones share one journal. A provider that is configured again gets a new
//! [`Org`] with an empty journal, because a process in debug mode serves several runs.
//!
//! The journal contains only known facts. The rules:
//!
//! 1. **A write overlays a list response**, because a list might lack recent writes
//!    ([`CONSISTENCY_WINDOW`]). It does so until a later request about the same object has an
//!    unknown outcome. After that, only the list counts. A failed write is not a write and leaves
//!    no entry.
//! 2. **An object that this run created, adopted, or issued is claimed** until this run removes it
//!    by other means. A resource that tries to remove a claimed object receives
//!    [`Removal::Claimed`] and sends nothing: two resource addresses refer to one object, and the
//!    other one keeps it. A user whose seat or token this run created is kept with it. An object
//!    that made a create request fail is protected too ([`Removal::Refused`]).
//! 3. **A removal is announced** before its first request. The announcement ends when the removal
//!    succeeds or fails. A create that finds an object that is being removed waits for that
//!    ([`Org::removed`]). All removals of one user count: of the token, of the seat, and of the
//!    user.
//! 4. **Adopting is not writing.** It claims the object, but does not overlay a list.
//!
//! Claiming and announcing exclude each other: both run under one lock. One of them comes first,
//! and the other one sees it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::{ClientId, Error, Org, ServiceAccount, TokenId, User, UserId};

/// Maximum time for which a list response might lack a write.
pub const CONSISTENCY_WINDOW: Duration = Duration::from_secs(60);

/// Subject of a write or a claim.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// A member of the organization.
    User(UserId),
    /// A user by email address, in lowercase. Only removals are recorded with it: a user who is
    /// added again has another ID, or the same ID, which a retried request of the removal must not
    /// affect.
    Person(String),
    /// The seat of a user.
    Seat(UserId),
    /// The active token of a user, with any ID: not every request names the token.
    ActiveToken(UserId),
    /// One token of a user.
    Token(UserId, TokenId),
    /// A service account.
    Account(ClientId),
}

impl Object {
    /// Returns the object that is removed as a whole: the user or the service account.
    fn whole(&self) -> Self {
        match self {
            Self::User(user)
            | Self::Seat(user)
            | Self::ActiveToken(user)
            | Self::Token(user, _) => Self::User(user.clone()),
            Self::Account(_) | Self::Person(_) => self.clone(),
        }
    }
}

/// What is known about an object since the latest entry.
#[derive(Clone, Debug)]
pub(super) enum Fact {
    /// This run added the user.
    Added(Arc<User>),
    /// This run created the service account.
    Created(ServiceAccount),
    /// This run assigned the seat, or issued the token.
    Made,
    /// This run adopted the object, or learned the ID of one that it created. Not a write.
    Claimed,
    /// A create of this run failed because the object exists. Not a write.
    Refused,
    /// This run removed the object, or found that it was deleted.
    Removed,
    /// The API might have processed a request about the object.
    Uncertain,
}

/// List response that the journal can bring up to date.
pub(super) trait Overlay {
    /// Applies one write of this run.
    fn overlay(&mut self, object: &Object, fact: &Fact);
}

/// All writes and claims of one configured provider.
#[derive(Default)]
pub(super) struct Journal {
    pages: Mutex<Pages>,
    /// Notified when a removal ends.
    removal_ended: Notify,
}

#[derive(Default)]
struct Pages {
    /// Writes in chronological order, for overlays.
    writes: Vec<(Instant, Object, Fact)>,
    /// Latest entry about each object.
    latest: HashMap<Object, Fact>,
    /// Number of pending removals of each user and service account.
    removing: HashMap<Object, usize>,
}

impl Journal {
    /// Records an entry.
    pub(super) fn record(&self, object: Object, fact: Fact) {
        let mut pages = self.pages();
        if let (Object::User(user), Fact::Removed) = (&object, &fact) {
            pages.latest.remove(&Object::Seat(user.clone()));
            pages.latest.remove(&Object::ActiveToken(user.clone()));
        }
        match fact {
            Fact::Uncertain => {
                pages.writes.retain(|(_, other, _)| *other != object);
                // The resource that claimed the object still has it.
                if pages.is_claimed(&object) {
                    return;
                }
            }
            Fact::Claimed | Fact::Refused => {}
            _ => pages.writes.push((Instant::now(), object.clone(), fact.clone())),
        }
        pages.latest.insert(object, fact);
    }

    /// Returns the latest entry about an object.
    pub(super) fn latest(&self, object: &Object) -> Option<Fact> {
        self.pages().latest.get(object).cloned()
    }

    /// Brings a list response up to date that was requested at the time `requested`.
    pub(super) fn overlay(&self, list: &mut impl Overlay, requested: Instant) {
        let pages = self.pages();
        let from = pages.writes.partition_point(|(at, ..)| *at + CONSISTENCY_WINDOW < requested);
        let recent = pages.writes.iter().skip(from);
        recent.for_each(|(_, object, fact)| list.overlay(object, fact));
    }

    fn pages(&self) -> MutexGuard<'_, Pages> {
        self.pages.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Pages {
    fn is_claimed(&self, object: &Object) -> bool {
        let latest = self.latest.get(object);
        matches!(latest, Some(Fact::Added(_) | Fact::Created(_) | Fact::Made | Fact::Claimed))
    }

    /// Reports whether this run created a seat or a token for the user. Removing the user would
    /// also remove it.
    fn is_needed(&self, object: &Object) -> bool {
        let Object::User(user) = object else { return false };
        [Object::Seat(user.clone()), Object::ActiveToken(user.clone())]
            .iter()
            .any(|of_user| self.is_claimed(of_user))
    }
}

/// Reason why an object cannot be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotClaimed {
    /// This run already claimed the object.
    Claimed,
    /// This run is removing the object. Callers can wait with [`Org::removed`].
    BeingRemoved,
}

/// Whether an object can be removed.
#[derive(Debug)]
pub enum Removal {
    /// The object can be removed. The removal is announced until this value is dropped.
    Announced(Announced),
    /// This run claimed the object.
    Claimed,
    /// A create of this run failed because the object exists.
    Refused,
}

/// Announcement of a pending removal. Dropped when the removal succeeds or fails.
pub struct Announced {
    org: Org,
    objects: Vec<Object>,
}

impl Drop for Announced {
    fn drop(&mut self) {
        let journal = &self.org.inner.journal;
        let mut pages = journal.pages();
        for object in &self.objects {
            match pages.removing.get_mut(object) {
                Some(count) if *count > 1 => *count -= 1,
                _ => drop(pages.removing.remove(object)),
            }
        }
        drop(pages);
        journal.removal_ended.notify_waiters();
    }
}

impl std::fmt::Debug for Announced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Announced").field(&self.objects).finish()
    }
}

impl Org {
    /// Records the outcome of a write.
    pub(super) fn note<T>(&self, object: &Object, fact: &Fact, outcome: &Result<T, Error>) {
        match outcome {
            Ok(_) => self.record(object, fact),
            Err(error) if error.is_doubtful() => self.record(object, &Fact::Uncertain),
            Err(_) => {}
        }
    }

    /// Records an entry, and brings the cached lists up to date.
    pub(super) fn record(&self, object: &Object, fact: &Fact) {
        let inner = &self.inner;
        inner.journal.record(object.clone(), fact.clone());
        match object {
            Object::User(_) | Object::Seat(_) | Object::Person(_) => {
                inner.users.apply(object, fact);
            }
            Object::Account(_) => inner.accounts.apply(object, fact),
            Object::ActiveToken(user) | Object::Token(user, _) => {
                inner.tokens.apply(user, object, fact);
            }
        }
        if let (Object::User(user), Fact::Removed) = (object, fact) {
            inner.tokens.drop_user(user);
        }
    }

    /// Claims an object that this run adopted, or whose ID it learned after it created the object.
    ///
    /// # Errors
    /// Returns [`NotClaimed`] if another resource of this run claimed the object or is removing it.
    pub fn claim(&self, object: Object) -> Result<(), NotClaimed> {
        self.mark(object, Fact::Claimed)
    }

    /// Records that a create failed because this object exists. If another resource of this run
    /// removed the object, it would remove what the configuration requests.
    ///
    /// # Errors
    /// Returns [`NotClaimed`] if another resource of this run claimed the object or is removing it.
    pub fn note_refused(&self, object: Object) -> Result<(), NotClaimed> {
        self.mark(object, Fact::Refused)
    }

    fn mark(&self, object: Object, fact: Fact) -> Result<(), NotClaimed> {
        let mut pages = self.inner.journal.pages();
        if pages.is_claimed(&object) {
            return Err(NotClaimed::Claimed);
        }
        if pages.removing.contains_key(&object.whole()) {
            return Err(NotClaimed::BeingRemoved);
        }
        pages.latest.insert(object, fact);
        Ok(())
    }

    /// Reports whether this run created or claimed the object, and has not removed it since.
    #[must_use]
    pub fn is_claimed(&self, object: &Object) -> bool {
        self.inner.journal.pages().is_claimed(object)
    }

    /// Announces the removal of an object, unless this run claimed it. `also` is another identifier
    /// of the object.
    #[must_use]
    pub fn announce_removal(&self, object: &Object, also: Option<Object>) -> Removal {
        let mut pages = self.inner.journal.pages();
        if pages.is_claimed(object) || pages.is_needed(object) {
            return Removal::Claimed;
        }
        let is_refused = |it: &Object| matches!(pages.latest.get(it), Some(Fact::Refused));
        if is_refused(object) || also.as_ref().is_some_and(is_refused) {
            return Removal::Refused;
        }
        let objects: Vec<_> = also.into_iter().chain([object.whole()]).collect();
        for object in &objects {
            let count = pages.removing.entry(object.clone()).or_default();
            *count = count.saturating_add(1);
        }
        drop(pages);
        Removal::Announced(Announced { org: self.clone(), objects })
    }

    /// Reports whether this run is removing the object, or a part of the user to whom it belongs.
    #[must_use]
    pub fn is_being_removed(&self, object: &Object) -> bool {
        self.inner.journal.pages().removing.contains_key(&object.whole())
    }

    /// Waits until no removal of the object is pending. The caller must not hold a lock.
    ///
    /// # Errors
    /// Returns [`Error::PollInterrupted`] if the run is canceled, or if the wait takes longer than
    /// `longest`.
    pub async fn removed(&self, object: &Object, longest: Duration) -> Result<(), Error> {
        let ended = async {
            loop {
                let mut next = std::pin::pin!(self.inner.journal.removal_ended.notified());
                next.as_mut().enable();
                if !self.is_being_removed(object) {
                    return;
                }
                next.await;
            }
        };
        tokio::select! {
            biased;
            waited = timeout(longest, ended) => waited.map_err(|_elapsed| Error::PollInterrupted),
            () = self.stop.cancelled() => Err(Error::PollInterrupted),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{listed, settings, user_id};
    use super::super::{Role, Users};
    use super::*;

    fn org() -> Org {
        Org::new(settings("https://anaconda.invalid")).unwrap()
    }

    fn user(number: u32) -> Object {
        Object::User(user_id(number))
    }

    fn seat(number: u32) -> Object {
        Object::Seat(user_id(number))
    }

    fn list(numbers: impl IntoIterator<Item = u32>) -> Users {
        let user = |number| serde_json::from_value::<User>(listed(number)).unwrap();
        numbers.into_iter().map(user).collect()
    }

    fn added(number: u32) -> Fact {
        Fact::Added(Arc::clone(list([number]).shared_by_id(&user_id(number)).unwrap()))
    }

    /// Returns the number of members in a list that is requested now, and how many of them have a
    /// seat.
    fn seen(journal: &Journal, numbers: impl IntoIterator<Item = u32>) -> (usize, usize) {
        let mut users = list(numbers);
        journal.overlay(&mut users, Instant::now());
        (users.len(), users.seats_in_use())
    }

    #[tokio::test(start_paused = true)]
    async fn write_overlays_list_for_one_minute() {
        let journal = Journal::default();
        journal.record(user(2), added(2));
        journal.record(seat(1), Fact::Made);
        journal.record(user(3), Fact::Removed);
        tokio::time::advance(CONSISTENCY_WINDOW).await;
        assert_eq!(seen(&journal, [1, 3]), (2, 1));
        tokio::time::advance(Duration::from_millis(1)).await;
        assert_eq!(seen(&journal, [1, 3]), (2, 0));
    }

    #[test]
    fn uncertain_request_ends_overlay_of_same_object() {
        let journal = Journal::default();
        journal.record(seat(1), Fact::Made);
        journal.record(seat(2), Fact::Made);
        assert_eq!(seen(&journal, [1, 2]), (2, 2));
        journal.record(seat(1), Fact::Uncertain);
        assert_eq!(seen(&journal, [1, 2]), (2, 1));
        journal.record(seat(1), Fact::Made);
        assert_eq!(seen(&journal, [1, 2]), (2, 2));
    }

    #[test]
    fn claim_lasts_until_object_is_removed() {
        let org = org();
        assert!(!org.is_claimed(&user(1)));
        assert_eq!(org.claim(user(1)), Ok(()));
        assert_eq!(org.claim(user(1)), Err(NotClaimed::Claimed));
        org.inner.journal.record(user(2), added(2));
        for claimed in [user(1), user(2)] {
            assert!(matches!(org.announce_removal(&claimed, None), Removal::Claimed));
            org.inner.journal.record(claimed.clone(), Fact::Removed);
            assert!(matches!(org.announce_removal(&claimed, None), Removal::Announced(_)));
        }
    }

    #[test]
    fn new_seat_or_token_protects_user() {
        for made in [seat(1), Object::ActiveToken(user_id(1))] {
            let org = org();
            org.inner.journal.record(made.clone(), Fact::Made);
            assert!(matches!(org.announce_removal(&user(1), None), Removal::Claimed));
            assert!(matches!(org.announce_removal(&user(2), None), Removal::Announced(_)));
            org.inner.journal.record(made, Fact::Removed);
            assert!(matches!(org.announce_removal(&user(1), None), Removal::Announced(_)));
        }
    }

    #[test]
    fn rejected_create_protects_existing_object() {
        let org = org();
        org.note_refused(user(1)).unwrap();
        assert!(matches!(org.announce_removal(&user(1), None), Removal::Refused));
        assert!(!org.is_claimed(&user(1)));
    }

    #[test]
    fn claim_and_removal_exclude_each_other() {
        let org = org();
        let removal = org.announce_removal(&Object::ActiveToken(user_id(1)), None);
        assert_eq!(org.claim(user(1)), Err(NotClaimed::BeingRemoved));
        assert_eq!(org.claim(user(2)), Ok(()));
        drop(removal);
        assert_eq!(org.claim(user(1)), Ok(()));
    }

    #[test]
    fn second_configure_starts_empty_journal() {
        let first = org();
        first.claim(user(1)).unwrap();
        assert!(first.clone().is_claimed(&user(1)));
        assert!(!org().is_claimed(&user(1)));
    }

    #[test]
    fn adoption_overlays_nothing() {
        let org = org();
        org.claim(user(2)).unwrap();
        org.claim(seat(1)).unwrap();
        assert_eq!(seen(&org.inner.journal, [1]), (1, 0));
    }

    #[tokio::test(start_paused = true)]
    async fn create_waits_for_all_removals_of_user() {
        let org = org();
        let longest = Duration::from_secs(10);
        org.removed(&user(1), longest).await.unwrap();
        let token = org.announce_removal(&Object::ActiveToken(user_id(1)), None);
        let offboard = org.announce_removal(&user(1), None);
        let begun = Instant::now();
        let seat = seat(1);
        let (waited, ()) = tokio::join!(org.removed(&seat, longest), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(token);
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(offboard);
        });
        waited.unwrap();
        assert_eq!(begun.elapsed().as_secs(), 2);
        let _removal = org.announce_removal(&seat, None);
        assert!(org.removed(&user(1), longest).await.is_err());
        assert_eq!(begun.elapsed().as_secs(), 12);
    }

    #[test]
    fn user_added_again_is_new_in_stale_list() {
        let journal = Journal::default();
        journal.record(user(2), Fact::Removed);
        assert_eq!(seen(&journal, [1, 2]), (1, 0));
        let again = User {
            id: user_id(3),
            email: Some("user2@example.com".into()),
            first_name: None,
            last_name: None,
            role: Role::Member,
            subscriptions: Vec::new(),
            groups: None,
        };
        journal.record(user(3), Fact::Added(Arc::new(again)));
        let mut users = list([1, 2]);
        journal.overlay(&mut users, Instant::now());
        assert_eq!(users.by_email("user2@example.com").unwrap().id, user_id(3));
    }
}
