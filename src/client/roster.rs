//! The shared listing of users, and how our own writes keep it true.
//!
//! No call reads one user, so a run over thousands of users has to do with one listing. A listing
//! may lag behind writes, and one that was on its way during a write shows the time before it.
//! So each write is also kept in a log, and the recent ones are applied again on top of whatever
//! listing comes. That way a user whom we just added does not look deleted.

use std::collections::{HashSet, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::directory::{Users, Write};
use super::single_flight::SingleFlight;
use super::{Error, UserId};

/// How long a listing may take to show a write.
pub const LAG: Duration = Duration::from_secs(60);

/// After so long, a fetch that never brought anything has failed.
const LONGEST_FETCH: Duration = Duration::from_secs(30 * 60);

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
    pub(super) exists: SingleFlight<bool>,
    ledger: Mutex<Ledger>,
}

#[derive(Default)]
struct Ledger {
    /// Shared with those who asked: copied at a write only while one of them still holds it.
    users: Option<Arc<Users>>,
    /// In the order of time; those that no listing can lack any more are dropped.
    writes: VecDeque<(Instant, Write)>,
    /// When the fetches began that have brought nothing yet.
    fetching: Vec<Instant>,
    /// The members whom we added, or took for ours after an answer was lost.
    ours: HashSet<UserId>,
    /// Whose seat we removed, and nobody's that we assigned since.
    seatless: HashSet<UserId>,
    drops: u64,
}

impl Ledger {
    fn replay(&mut self, users: &mut Users, since: Since) {
        if let Some(at) = self.fetching.iter().position(|began| *began == since.at) {
            self.fetching.swap_remove(at);
        }
        let recent = self.writes.iter().filter(|(at, _)| *at + LAG >= since.at);
        recent.for_each(|(_, write)| users.apply(write));
    }

    /// Drops the writes that every listing shows by now, also one that is on its way.
    fn prune(&mut self) {
        let now = Instant::now();
        self.fetching.retain(|began| *began + LONGEST_FETCH > now);
        let oldest = self.fetching.iter().min().copied().unwrap_or(now);
        while self.writes.front().is_some_and(|(at, _)| *at + LAG < oldest) {
            self.writes.pop_front();
        }
    }
}

impl Roster {
    /// The listing, if there is one now.
    pub(super) fn snapshot(&self) -> Option<Arc<Users>> {
        self.ledger().users.clone()
    }

    /// What `find` finds in the listing, if there is one.
    pub(super) fn peek<T>(&self, find: impl FnOnce(&Users) -> T) -> Option<T> {
        self.ledger().users.as_deref().map(find)
    }

    /// The present moment, as the beginning of a fetch.
    pub(super) fn since(&self) -> Since {
        let (mut ledger, at) = (self.ledger(), Instant::now());
        ledger.fetching.push(at);
        Since { at, drops: ledger.drops }
    }

    /// Keeps what a fetch brought, unless the listing was dropped after it began.
    pub(super) fn take_over(&self, mut users: Users, since: Since) {
        let mut ledger = self.ledger();
        ledger.replay(&mut users, since);
        if ledger.drops == since.drops {
            ledger.users = Some(Arc::new(users));
        }
    }

    /// What a fetch brought, with our own recent writes on top. Not kept.
    pub(super) fn up_to_date(&self, mut users: Users, since: Since) -> Users {
        self.ledger().replay(&mut users, since);
        users
    }

    /// Notes a write.
    pub(super) fn record(&self, write: Write) {
        let mut ledger = self.ledger();
        if let Some(users) = &mut ledger.users {
            Arc::make_mut(users).apply(&write);
        }
        match &write {
            Write::SeatRemoved(id) => ledger.seatless.insert(id.clone()),
            Write::SeatAssigned(id) | Write::Removed(id) => ledger.seatless.remove(id),
            Write::Added(_) => false,
        };
        match &write {
            Write::Added(user) => ledger.ours.insert(user.id.clone()),
            Write::Removed(id) => ledger.ours.remove(id),
            _ => false,
        };
        ledger.prune();
        ledger.writes.push_back((Instant::now(), write));
    }

    /// Whether we added this member.
    pub(super) fn is_ours(&self, user: &UserId) -> bool {
        self.ledger().ours.contains(user)
    }

    /// Takes a member for ours. `false`: it was already.
    pub(super) fn claim(&self, user: &UserId) -> bool {
        self.ledger().ours.insert(user.clone())
    }

    /// Whether the last that we did with the user's seat was to remove it.
    pub(super) fn is_seatless(&self, user: &UserId) -> bool {
        self.ledger().seatless.contains(user)
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::super::User;
    use super::super::testing::{listed, user_id};
    use super::*;

    fn user(json: Value) -> User {
        from_value(json).unwrap()
    }

    fn added(number: u32) -> Write {
        Write::Added(Arc::new(user(listed(number))))
    }

    /// The IDs in the roster's listing, by number.
    fn numbers(roster: &Roster) -> Vec<u32> {
        let all = roster.peek(|users| {
            let number = |user: &User| user.id.as_str().rsplit('-').next().unwrap().parse();
            users.iter().map(|user| number(user).unwrap()).collect()
        });
        all.unwrap_or_default()
    }

    /// A roster with one listing in it.
    fn roster(numbers: impl IntoIterator<Item = u32>) -> Roster {
        let roster = Roster::default();
        roster.take_over(numbers.into_iter().map(|it| user(listed(it))).collect(), roster.since());
        roster
    }

    #[test]
    fn our_own_writes_show_in_the_listing() {
        let roster = roster([1, 2]);
        roster.record(added(3));
        roster.record(Write::Removed(user_id(1)));
        roster.record(Write::SeatAssigned(user_id(2)));
        roster.record(Write::SeatAssigned(user_id(3)));
        roster.record(Write::SeatRemoved(user_id(3)));
        assert_eq!(numbers(&roster), [2, 3]);
        roster.peek(|users| {
            assert!(users.by_email("user3@example.com").is_some());
            assert!(users.by_email("user1@example.com").is_none());
            assert!(users.by_id(&user_id(2)).unwrap().has_seat());
            assert_eq!(users.seats_in_use(), 1);
        });
    }

    #[test]
    fn what_somebody_holds_does_not_change() {
        let roster = roster([1]);
        let held = roster.ledger().users.clone().unwrap();
        roster.record(added(2));
        assert_eq!((held.len(), numbers(&roster).len()), (1, 2));
    }

    #[test]
    fn a_write_during_a_fetch_is_applied_to_what_it_brings() {
        let roster = roster([1]);
        roster.forget();
        let since = roster.since();
        roster.record(added(2));
        roster.record(Write::SeatAssigned(user_id(1)));
        roster.take_over(Users::from_iter([user(listed(1))]), since);
        assert_eq!(numbers(&roster), [1, 2]);
        assert_eq!(roster.peek(Users::seats_in_use), Some(1));
    }

    #[test]
    fn the_listing_knows_an_added_user_better_than_we_do() {
        let roster = roster([1]);
        roster.record(added(2));
        roster.forget();
        let mut richer = listed(2);
        richer["first_name"] = json!("Ada");
        roster.take_over(Users::from_iter([user(listed(1)), user(richer)]), roster.since());
        let name = roster.peek(|users| users.by_id(&user_id(2)).unwrap().first_name.clone());
        assert_eq!(name.flatten().as_deref(), Some("Ada"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_listing_may_lag_for_a_minute_and_no_longer() {
        let roster = roster([1]);
        roster.record(added(2));
        tokio::time::advance(LAG).await;
        roster.forget();
        roster.take_over(Users::from_iter([user(listed(1))]), roster.since());
        assert_eq!(numbers(&roster), [1, 2]);
        tokio::time::advance(Duration::from_millis(1)).await;
        roster.forget();
        roster.take_over(Users::from_iter([user(listed(1))]), roster.since());
        assert_eq!(numbers(&roster), [1]);
    }

    #[tokio::test(start_paused = true)]
    async fn writes_are_kept_only_while_a_listing_may_lack_them() {
        let roster = roster([1]);
        let writes = || roster.ledger().writes.len();
        roster.record(added(2));
        let slow = roster.since();
        tokio::time::advance(LAG + Duration::from_secs(1)).await;
        roster.record(added(3));
        assert_eq!(writes(), 2, "a fetch began before that is still on its way");
        roster.take_over(Users::from_iter([user(listed(1))]), slow);
        assert_eq!(numbers(&roster), [1, 2, 3]);
        roster.record(added(4));
        assert_eq!(writes(), 2);
    }

    #[test]
    fn who_was_removed_and_added_again_is_the_new_one_in_a_late_listing() {
        let roster = roster([1, 2]);
        roster.record(Write::Removed(user_id(2)));
        let mut again = listed(3);
        again["email"] = json!("user2@example.com");
        let late = || Users::from_iter([user(listed(1)), user(listed(2))]);
        let id_of_2 = |users: Users| users.by_email("user2@example.com").map(|it| it.id.clone());
        assert_eq!(id_of_2(roster.up_to_date(late(), roster.since())), None);
        roster.record(Write::Added(Arc::new(user(again))));
        assert_eq!(id_of_2(roster.up_to_date(late(), roster.since())), Some(user_id(3)));
    }

    #[test]
    fn a_member_is_ours_from_the_first_claim_until_removal() {
        let roster = roster([1]);
        assert!(!roster.is_ours(&user_id(1)));
        assert!(roster.claim(&user_id(1)) && !roster.claim(&user_id(1)));
        roster.record(added(2));
        assert!(!roster.claim(&user_id(2)));
        roster.record(Write::Removed(user_id(2)));
        assert!(!roster.is_ours(&user_id(2)));
    }

    #[test]
    fn thousands_of_writes_between_lookups_do_not_copy_the_listing() {
        let roster = roster(0..5000);
        let before = roster.ledger().users.as_ref().map(Arc::as_ptr);
        for number in 5000..10_000 {
            roster.record(added(number));
            assert!(roster.peek(|users| users.by_id(&user_id(number)).is_some()).unwrap());
        }
        assert_eq!(roster.ledger().users.as_ref().map(Arc::as_ptr), before);
        assert_eq!(numbers(&roster).len(), 10_000);
    }
}
