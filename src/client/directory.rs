//! [`Users`]: all users of the organization, and [`Write`]: what we changed about them.

use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use super::user::{UNTOLD, is_personal};
use super::{User, UserId};

/// All users of the organization, found by ID or address. Ordered by ID.
#[derive(Clone, Debug, Default)]
pub struct Users {
    by_id: BTreeMap<UserId, Arc<User>>,
    /// By a hash of the address in lower case, which takes a tenth of the room that a second copy
    /// of each address would. Nothing promises that an address occurs once.
    /// Each entry has an ID; the start of a search has none.
    by_email: BTreeSet<(u64, Option<UserId>)>,
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
        let email = email.to_lowercase();
        let hash = hash_of(&email);
        let same_hash = self.by_email.range((hash, None)..).take_while(|(it, _)| *it == hash);
        same_hash
            .filter_map(|(_, id)| self.by_id.get(id.as_ref()?))
            .find(|user| user.email.as_ref().is_some_and(|it| it.to_lowercase() == email))
    }

    fn insert(&mut self, user: Arc<User>) {
        self.remove(&user.id.clone());
        if let Some(entry) = by_email(&user) {
            self.by_email.insert(entry);
        }
        self.by_id.insert(user.id.clone(), user);
    }

    fn remove(&mut self, id: &UserId) {
        if let Some(entry) = self.by_id.remove(id).and_then(|user| by_email(&user)) {
            self.by_email.remove(&entry);
        }
    }

    /// Applies one of our own writes.
    pub(super) fn apply(&mut self, write: &Write) {
        match write {
            // The listing knows better than our copy of the answer, once it knows the user.
            Write::Added(user) if self.by_id.contains_key(&user.id) => {}
            Write::Added(user) => self.insert(Arc::clone(user)),
            Write::Removed(id) => self.remove(id),
            Write::SeatAssigned(id) => self.change(id, |user| {
                if !user.has_seat() {
                    user.subscriptions.push(UNTOLD.to_owned());
                }
            }),
            Write::SeatRemoved(id) => {
                self.change(id, |user| user.subscriptions.retain(|it| is_personal(it)));
            }
        }
    }

    fn change(&mut self, id: &UserId, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.by_id.get_mut(id) {
            change(Arc::make_mut(user));
        }
    }
}

/// The entry of a user in the index of addresses.
fn by_email(user: &User) -> Option<(u64, Option<UserId>)> {
    let email = user.email.as_ref()?.to_lowercase();
    Some((hash_of(&email), Some(user.id.clone())))
}

/// Two addresses may have the same hash, so whoever finds one compares the addresses too.
fn hash_of(email: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    email.hash(&mut hasher);
    hasher.finish()
}

impl FromIterator<Arc<User>> for Users {
    fn from_iter<I: IntoIterator<Item = Arc<User>>>(users: I) -> Self {
        users.into_iter().fold(Self::default(), |mut all, user| {
            all.insert(user);
            all
        })
    }
}

impl FromIterator<User> for Users {
    fn from_iter<I: IntoIterator<Item = User>>(users: I) -> Self {
        users.into_iter().map(Arc::new).collect()
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::super::testing::{listed, user_id};
    use super::*;

    fn user(json: Value) -> User {
        from_value(json).unwrap()
    }

    #[test]
    fn users_are_found_by_id_and_by_address_in_any_case() {
        let users: Users = [2, 1].map(|it| user(listed(it))).into_iter().collect();
        assert_eq!(users.by_id(&user_id(2)).unwrap().id, user_id(2));
        assert_eq!(users.by_email("uSER1@example.COM").unwrap().id, user_id(1));
        assert!(users.by_id(&user_id(3)).is_none() && users.by_email("nobody").is_none());
        assert_eq!((users.len(), users.is_empty()), (2, false));
        assert!(users.iter().map(|it| &it.id).is_sorted());
    }

    #[test]
    fn a_personal_subscription_stays_when_the_seat_goes() {
        let mut json = listed(1);
        json["subscriptions"] = json!(["free_subscription"]);
        let mut users: Users = [user(json)].into_iter().collect();
        for (write, seats) in
            [(Write::SeatAssigned(user_id(1)), 1), (Write::SeatRemoved(user_id(1)), 0)]
        {
            users.apply(&write);
            assert_eq!(users.seats_in_use(), seats);
        }
        assert_eq!(users.by_id(&user_id(1)).unwrap().subscriptions, ["free_subscription"]);
    }

    #[test]
    fn an_address_that_two_users_share_stays_found_when_one_goes() {
        let twin = |number| {
            let mut twin = listed(number);
            twin["email"] = json!("twin@example.com");
            user(twin)
        };
        let mut users: Users = [twin(2), twin(1)].into_iter().collect();
        assert_eq!(users.by_email("twin@example.com").unwrap().id, user_id(1));
        users.apply(&Write::Removed(user_id(1)));
        assert_eq!(users.by_email("twin@example.com").unwrap().id, user_id(2));
    }
}
