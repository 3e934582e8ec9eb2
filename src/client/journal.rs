//! [`Journal`]: every write and every claim of one configured provider, in one place.
//!
//! An [`Org`] and its clones share one journal. A provider that is configured again gets another
//! [`Org`], and with it an empty journal: under a debugger one process serves several runs.
//!
//! Only what is known is written down. The rules:
//!
//! 1. **A write overlays a list response**, because a list may lag behind writes ([`CONSISTENCY_WINDOW`]).
//!    It does so until a later request about the same object has an unknown outcome: from then on the
//!    list alone tells. A write that failed is no write, and leaves no entry.
//! 2. **What this run made, adopted or issued is claimed** until this run removes it by other means. A
//!    resource that wants to remove a claimed object is told so ([`Removal::Claimed`]), and sends nothing:
//!    two resource addresses stand for one object, and the other one keeps it. A person whose seat or
//!    token this run made is kept with it. What a create met and was refused for is protected too
//!    ([`Removal::Refused`]).
//! 3. **A removal announces itself** before its first request, and is over when it has succeeded or
//!    failed. A create that meets an object which is being removed waits for that ([`Org::removed`]).
//!    All removals of one person count: of the token, of the seat, of the user.
//! 4. **Adopting is not writing.** It claims, and overlays nothing.
//!
//! Claiming and announcing exclude each other: both happen under one lock, so that one of the two comes
//! first and the other one sees it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout};

use super::{ClientId, Error, Org, ServiceAccount, TokenId, User, UserId};

/// How long a list response may lack a write.
pub const CONSISTENCY_WINDOW: Duration = Duration::from_secs(60);

/// What a write or a claim is about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Object {
    /// A member of the organization.
    User(UserId),
    /// A person by email address, in lower case. Only removals are written down so: who is added again
    /// has another ID, or the same one, which a repeated request of the removal must not meet.
    Person(String),
    /// The seat of a user.
    Seat(UserId),
    /// The active token of a user, whichever that is: not every request names the token.
    ActiveToken(UserId),
    /// One token of a user.
    Token(UserId, TokenId),
    /// A service account.
    Account(ClientId),
}

impl Object {
    /// What is removed as a whole: the person, or the account.
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
    /// This run adopted the object, or learned the ID of one that it made. Not a write.
    Claimed,
    /// A create of this run met the object and was refused. Not a write.
    Refused,
    /// This run removed the object, or found that it is gone.
    Removed,
    /// A request about the object might have been processed.
    Uncertain,
}

/// A kind of list response that can be brought up to date.
pub(super) trait Overlay {
    /// Applies one write of this run.
    fn overlay(&mut self, object: &Object, fact: &Fact);
}

/// All writes and claims of one configured provider.
#[derive(Default)]
pub(super) struct Journal {
    pages: Mutex<Pages>,
    /// Told whenever a removal is over.
    over: Notify,
}

#[derive(Default)]
struct Pages {
    /// The writes in the order of time, for overlays.
    writes: Vec<(Instant, Object, Fact)>,
    /// The latest entry about each object.
    latest: HashMap<Object, Fact>,
    /// How many removals of each person and account are under way.
    removing: HashMap<Object, usize>,
}

impl Journal {
    /// Writes an entry.
    pub(super) fn record(&self, object: Object, fact: Fact) {
        let mut pages = self.pages();
        if let (Object::User(user), Fact::Removed) = (&object, &fact) {
            pages.latest.remove(&Object::Seat(user.clone()));
            pages.latest.remove(&Object::ActiveToken(user.clone()));
        }
        match fact {
            Fact::Uncertain => {
                pages.writes.retain(|(_, other, _)| *other != object);
                // A resource that claims it has it still.
                if pages.is_claimed(&object) {
                    return;
                }
            }
            Fact::Claimed | Fact::Refused => {}
            _ => pages.writes.push((Instant::now(), object.clone(), fact.clone())),
        }
        pages.latest.insert(object, fact);
    }

    /// The latest entry about an object.
    pub(super) fn latest(&self, object: &Object) -> Option<Fact> {
        self.pages().latest.get(object).cloned()
    }

    /// Brings a list response up to date that was requested at this time.
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

    /// Whether this run made a seat or a token for the person, who would take it along.
    fn is_needed(&self, object: &Object) -> bool {
        let Object::User(user) = object else { return false };
        [Object::Seat(user.clone()), Object::ActiveToken(user.clone())]
            .iter()
            .any(|of_user| self.is_claimed(of_user))
    }
}

/// Why an object cannot be claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotClaimed {
    /// This run has claimed it before.
    Claimed,
    /// This run is removing it: wait with [`Org::removed`].
    BeingRemoved,
}

/// Whether an object may be removed.
#[derive(Debug)]
pub enum Removal {
    /// Nothing speaks against it. The removal is announced until this is dropped.
    Announced(Announced),
    /// This run has claimed the object.
    Claimed,
    /// A create of this run met the object and was refused.
    Refused,
}

/// A removal that is under way. Dropped when it has succeeded or failed.
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
        journal.over.notify_waiters();
    }
}

impl std::fmt::Debug for Announced {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Announced").field(&self.objects).finish()
    }
}

impl Org {
    /// Writes down what became of a write.
    pub(super) fn note<T>(&self, object: &Object, fact: &Fact, outcome: &Result<T, Error>) {
        match outcome {
            Ok(_) => self.record(object, fact),
            Err(error) if error.is_doubtful() => self.record(object, &Fact::Uncertain),
            Err(_) => {}
        }
    }

    /// Writes an entry, and brings the cached lists up to date.
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

    /// Claims an object that this run did not make: it was adopted, or an answer told its ID late.
    ///
    /// # Errors
    /// [`NotClaimed`]: another resource of this run has it, or removes it.
    pub fn claim(&self, object: Object) -> Result<(), NotClaimed> {
        self.mark(object, Fact::Claimed)
    }

    /// Notes that a create met this object and was refused for it: whoever removes it in this run would
    /// remove what the configuration asks for.
    ///
    /// # Errors
    /// [`NotClaimed`]: another resource of this run has it, or removes it.
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

    /// Whether this run has made or claimed the object, and has not removed it since.
    #[must_use]
    pub fn is_claimed(&self, object: &Object) -> bool {
        self.inner.journal.pages().is_claimed(object)
    }

    /// Announces the removal of an object, unless this run has claimed it. `also` is another name of it.
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

    /// Whether this run is removing the object, or a part of the person whose it is.
    #[must_use]
    pub fn is_being_removed(&self, object: &Object) -> bool {
        self.inner.journal.pages().removing.contains_key(&object.whole())
    }

    /// Waits until no removal of the object is under way. Hold no lock meanwhile.
    ///
    /// # Errors
    /// [`Error::PollInterrupted`]: the run was canceled, or that took longer than `longest`.
    pub async fn removed(&self, object: &Object, longest: Duration) -> Result<(), Error> {
        let over = async {
            loop {
                let mut next = std::pin::pin!(self.inner.journal.over.notified());
                next.as_mut().enable();
                if !self.is_being_removed(object) {
                    return;
                }
                next.await;
            }
        };
        tokio::select! {
            biased;
            waited = timeout(longest, over) => waited.map_err(|_elapsed| Error::PollInterrupted),
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

    /// The members of a list that is requested now, and how many of them hold a seat.
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
