//! [`Users`]: all users of the organization, and how this run's own writes change the list.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::journal::{Fact, Object, Overlay};
use super::user::{UNKNOWN_PRODUCT, is_personal};
use super::{User, UserId};

/// All users of the organization, indexed by ID and email address. Ordered by ID.
#[derive(Clone, Debug, Default)]
pub struct Users {
    by_id: BTreeMap<UserId, Arc<User>>,
    /// Index by lowercase email address. The API does not state that an email address is unique.
    /// Each entry has an ID; the start of a search has none.
    by_email: BTreeSet<(Box<str>, Option<UserId>)>,
}

impl Users {
    /// Returns the user with this ID.
    #[must_use]
    pub fn by_id(&self, id: &UserId) -> Option<&User> {
        self.shared_by_id(id).map(Arc::as_ref)
    }

    /// Returns the user with this email address, ignoring case. If there are several, returns the
    /// first by ID.
    #[must_use]
    pub fn by_email(&self, email: &str) -> Option<&User> {
        self.shared_by_email(email).map(Arc::as_ref)
    }

    /// Returns all users, ordered by ID.
    pub fn iter(&self) -> impl Iterator<Item = &User> {
        self.by_id.values().map(Arc::as_ref)
    }

    /// Returns the number of users.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_id.len()
    }

    /// Reports whether there are no users. A list response always contains users.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.by_id.is_empty()
    }

    /// Returns the number of users with a seat.
    #[must_use]
    pub fn seats_in_use(&self) -> usize {
        self.iter().filter(|user| user.has_seat()).count()
    }

    /// As [`Users::by_id`], but returns a shared reference.
    pub(super) fn shared_by_id(&self, id: &UserId) -> Option<&Arc<User>> {
        self.by_id.get(id)
    }

    /// As [`Users::by_email`], but returns a shared reference.
    pub(super) fn shared_by_email(&self, email: &str) -> Option<&Arc<User>> {
        let email: Box<str> = email.to_lowercase().into();
        let (_, id) = self.by_email.range((email.clone(), None)..).next()?;
        let user = self.by_id.get(id.as_ref()?)?;
        user.email.as_ref().is_some_and(|it| *it.to_lowercase() == *email).then_some(user)
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

    fn change(&mut self, id: &UserId, change: impl FnOnce(&mut User)) {
        if let Some(user) = self.by_id.get_mut(id) {
            change(Arc::make_mut(user));
        }
    }
}

impl Overlay for Users {
    fn overlay(&mut self, object: &Object, fact: &Fact) {
        match (object, fact) {
            // If the list contains the user, it is more complete than the response to the POST.
            (Object::User(id), Fact::Added(user)) if !self.by_id.contains_key(id) => {
                self.insert(Arc::clone(user));
            }
            (Object::User(id), Fact::Removed) => self.remove(id),
            (Object::Seat(id), Fact::Made) => self.change(id, |user| {
                if !user.has_seat() {
                    user.subscriptions.push(UNKNOWN_PRODUCT.to_owned());
                }
            }),
            (Object::Seat(id), Fact::Removed) => {
                self.change(id, |user| user.subscriptions.retain(|it| is_personal(it)));
            }
            _ => {}
        }
    }
}

/// Returns the entry of a user in the index of email addresses.
fn by_email(user: &User) -> Option<(Box<str>, Option<UserId>)> {
    Some((user.email.as_ref()?.to_lowercase().into(), Some(user.id.clone())))
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, from_value, json};

    use super::super::testing::{listed, user_id};
    use super::*;

    fn user(json: Value) -> User {
        from_value(json).unwrap()
    }

    #[test]
    fn users_are_found_by_id_and_email_in_any_case() {
        let users: Users = [2, 1].map(|it| user(listed(it))).into_iter().collect();
        assert_eq!(users.by_id(&user_id(2)).unwrap().id, user_id(2));
        assert_eq!(users.by_email("uSER1@example.COM").unwrap().id, user_id(1));
        assert!(users.by_id(&user_id(3)).is_none() && users.by_email("nobody").is_none());
        assert_eq!((users.len(), users.is_empty()), (2, false));
        assert!(users.iter().map(|it| &it.id).is_sorted());
    }

    #[test]
    fn personal_subscription_remains_after_seat_removal() {
        let mut json = listed(1);
        json["subscriptions"] = json!(["free_subscription"]);
        let mut users: Users = [user(json)].into_iter().collect();
        for (fact, seats) in [(Fact::Made, 1), (Fact::Removed, 0)] {
            users.overlay(&Object::Seat(user_id(1)), &fact);
            assert_eq!(users.seats_in_use(), seats);
        }
        assert_eq!(users.by_id(&user_id(1)).unwrap().subscriptions, ["free_subscription"]);
    }

    #[test]
    fn shared_email_is_found_after_one_removal() {
        let twin = |number| {
            let mut twin = listed(number);
            twin["email"] = json!("twin@example.com");
            user(twin)
        };
        let mut users: Users = [twin(2), twin(1)].into_iter().collect();
        assert_eq!(users.by_email("twin@example.com").unwrap().id, user_id(1));
        users.overlay(&Object::User(user_id(1)), &Fact::Removed);
        assert_eq!(users.by_email("twin@example.com").unwrap().id, user_id(2));
    }
}
