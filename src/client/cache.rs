//! [`ListCache`]: a list response that is requested once, shared by all callers, and kept up to
//! date.
//!
//! No request reads a single user, so a run over thousands of users must use one list response. One
//! request runs at a time, and all callers wait for it. The [`Journal`] brings each response up to
//! date, and also the cached list whenever this run writes. [`ListCache::invalidate`] discards the
//! cached list and the response of a pending request, because it might have been requested too
//! early.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;

use super::Error;
use super::journal::{Fact, Journal, Object, Overlay};
use super::single_flight::SingleFlight;

/// One list response, shared by all callers.
pub(super) struct ListCache<T> {
    /// Whether this deployment supports the list operation. Also allows only one request at a time.
    exists: SingleFlight<bool>,
    state: Mutex<CacheState<T>>,
}

struct CacheState<T> {
    /// Shared with the callers. A write copies the list only while a caller still holds it.
    list: Option<Arc<T>>,
    /// Number of invalidations.
    epoch: u64,
}

impl<T> Default for ListCache<T> {
    fn default() -> Self {
        let state = Mutex::new(CacheState { list: None, epoch: 0 });
        Self { exists: SingleFlight::default(), state }
    }
}

impl<T: Overlay + Clone> ListCache<T> {
    /// Returns the list; `fetch` requests it if it is not cached. `None`: this deployment does not
    /// support it.
    pub(super) async fn get<F>(
        &self,
        journal: &Journal,
        fetch: impl Fn() -> F,
    ) -> Result<Option<Arc<T>>, Error>
    where
        F: Future<Output = Result<Option<T>, Error>>,
    {
        let fetch = || async {
            let (requested, epoch) = (Instant::now(), self.state().epoch);
            let Some(mut list) = fetch().await? else { return Ok(false) };
            let mut state = self.state();
            journal.overlay(&mut list, requested);
            if state.epoch == epoch {
                state.list = Some(Arc::new(list));
            }
            Ok(true)
        };
        loop {
            if !self.exists.get(|exists| !exists || self.peek(|_| ()).is_some(), fetch).await? {
                return Ok(None);
            }
            // If there is no list now, it was invalidated during the request.
            if let Some(list) = self.cached() {
                return Ok(Some(list));
            }
        }
    }

    /// Returns the cached list, if any.
    pub(super) fn cached(&self) -> Option<Arc<T>> {
        self.state().list.clone()
    }

    /// Returns the result of `find` on the cached list, if any.
    pub(super) fn peek<R>(&self, find: impl FnOnce(&T) -> R) -> Option<R> {
        self.state().list.as_deref().map(find)
    }

    /// Discards the cached list, and the response of a pending request.
    pub(super) fn invalidate(&self) {
        let mut state = self.state();
        state.list = None;
        state.epoch += 1;
    }

    /// Applies an entry to the cached list. The caller has recorded it in the journal.
    pub(super) fn apply(&self, object: &Object, fact: &Fact) {
        if let Fact::Uncertain = fact {
            self.invalidate();
        } else if let Some(list) = &mut self.state().list {
            Arc::make_mut(list).overlay(object, fact);
        }
    }

    fn state(&self) -> MutexGuard<'_, CacheState<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{listed, user_id};
    use super::super::{User, Users};
    use super::*;

    fn user(number: u32) -> Arc<User> {
        Arc::new(serde_json::from_value(listed(number)).unwrap())
    }

    async fn cached(numbers: std::ops::Range<u32>) -> ListCache<Users> {
        let cache = ListCache::default();
        let fetch = || async { Ok(Some(numbers.clone().map(user).collect())) };
        cache.get(&Journal::default(), fetch).await.unwrap();
        cache
    }

    fn add(cache: &ListCache<Users>, number: u32) {
        cache.apply(&Object::User(user_id(number)), &Fact::Added(user(number)));
    }

    #[tokio::test]
    async fn list_held_by_caller_stays_unchanged() {
        let cache = cached(1..2).await;
        let held = cache.state().list.clone().unwrap();
        add(&cache, 2);
        assert_eq!((held.len(), cache.peek(Users::len)), (1, Some(2)));
    }

    #[tokio::test]
    async fn many_writes_between_lookups_copy_no_list() {
        let cache = cached(0..5000).await;
        let before = cache.state().list.as_ref().map(Arc::as_ptr);
        for number in 5000..10_000 {
            add(&cache, number);
            assert!(cache.peek(|users| users.by_id(&user_id(number)).is_some()).unwrap());
        }
        assert_eq!(cache.state().list.as_ref().map(Arc::as_ptr), before);
        assert_eq!(cache.peek(Users::len), Some(10_000));
    }

    #[tokio::test]
    async fn list_requested_before_write_shows_write() {
        let (cache, journal) = (ListCache::<Users>::default(), Journal::default());
        let fetch = || async {
            journal.record(Object::User(user_id(2)), Fact::Added(user(2)));
            journal.record(Object::Seat(user_id(1)), Fact::Made);
            Ok(Some(std::iter::once(user(1)).collect()))
        };
        let users = cache.get(&journal, fetch).await.unwrap().unwrap();
        assert_eq!((users.len(), users.seats_in_use()), (2, 1));
    }

    #[tokio::test]
    async fn list_response_overrides_journal_of_added_user() {
        let journal = Journal::default();
        journal.record(Object::User(user_id(1)), Fact::Added(user(1)));
        let mut richer = listed(1);
        richer["first_name"] = serde_json::json!("Ada");
        let richer: User = serde_json::from_value(richer).unwrap();
        let fetch = || async { Ok(Some(std::iter::once(richer.clone()).collect())) };
        let users: Arc<Users> = ListCache::default().get(&journal, fetch).await.unwrap().unwrap();
        assert_eq!(users.by_id(&user_id(1)).unwrap().first_name.as_deref(), Some("Ada"));
    }
}
