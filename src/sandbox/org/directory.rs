//! The users of an organization, found by id and by address without a search.

use std::collections::{BTreeMap, HashMap};

use uuid::Uuid;

use super::model::User;

/// All users in the order they came, with indexes. Every change goes through a method here, so
/// that the indexes and the number of held seats cannot fall behind.
#[derive(Debug, Default)]
pub(crate) struct Directory {
    users: BTreeMap<u64, User>,
    by_id: HashMap<Uuid, u64>,
    by_email: HashMap<String, u64>,
    next: u64,
    seats: u32,
}

impl Directory {
    /// Adds a user at the end. The caller has checked that the address is free.
    pub(crate) fn insert(&mut self, user: User) {
        let place = self.next;
        self.next += 1;
        self.by_id.insert(user.id, place);
        if let Some(email) = &user.email {
            self.by_email.insert(email.clone(), place);
        }
        self.seats += u32::from(user.seat);
        self.users.insert(place, user);
    }

    /// Removes a user with everything.
    pub(crate) fn remove(&mut self, id: Uuid) -> Option<User> {
        let user = self.users.remove(&self.by_id.remove(&id)?)?;
        if let Some(email) = &user.email {
            self.by_email.remove(email);
        }
        self.seats -= u32::from(user.seat);
        Some(user)
    }

    /// The user with this id.
    pub(crate) fn get(&self, id: Uuid) -> Option<&User> {
        self.users.get(self.by_id.get(&id)?)
    }

    /// The user with this address, however it is spelled.
    pub(crate) fn with_email(&self, email: &str) -> Option<&User> {
        self.users.get(self.by_email.get(&email.to_lowercase())?)
    }

    /// Changes a user. The caller keeps the id, and has checked that a new address is free.
    pub(crate) fn edit<R>(&mut self, id: Uuid, change: impl FnOnce(&mut User) -> R) -> Option<R> {
        let place = *self.by_id.get(&id)?;
        let user = self.users.get_mut(&place)?;
        let (old_email, had_seat) = (user.email.clone(), user.seat);
        let result = change(user);
        self.seats = self.seats - u32::from(had_seat) + u32::from(user.seat);
        if user.email != old_email {
            if let Some(email) = old_email {
                self.by_email.remove(&email);
            }
            if let Some(email) = &user.email {
                self.by_email.insert(email.clone(), place);
            }
        }
        Some(result)
    }

    /// All users, in the order they came.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &User> {
        self.users.values()
    }

    /// How many users hold a seat.
    pub(crate) fn seats(&self) -> u32 {
        self.seats
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seated(email: &str) -> User {
        User { seat: true, ..User::member(Some(email.into())) }
    }

    #[test]
    fn indexes_and_seat_count_match_after_changes() {
        let mut directory = Directory::default();
        let ada = seated("ada@example.com");
        let id = ada.id;
        directory.insert(ada);
        assert_eq!(directory.seats(), 1);
        assert_eq!(directory.with_email("ADA@example.com").map(|user| user.id), Some(id));

        directory.edit(id, |user| {
            user.email = Some("countess@example.com".into());
            user.seat = false;
        });
        assert_eq!(directory.seats(), 0);
        assert!(directory.with_email("ada@example.com").is_none());
        assert!(directory.with_email("countess@example.com").is_some());

        assert!(directory.remove(id).is_some());
        assert!(directory.get(id).is_none() && directory.remove(id).is_none());
        assert!(directory.with_email("countess@example.com").is_none());
    }

    #[test]
    fn users_keep_their_insertion_order() {
        let mut directory = Directory::default();
        let users: Vec<User> = (0..50).map(|n| seated(&format!("{n}@example.com"))).collect();
        users.iter().cloned().for_each(|user| directory.insert(user));
        directory.remove(users[7].id);
        let listed: Vec<_> = directory.iter().map(|user| user.id).collect();
        let expected: Vec<_> =
            users.iter().filter(|user| user.id != users[7].id).map(|user| user.id).collect();
        assert_eq!(listed, expected);
        assert_eq!(directory.seats(), 49);
    }
}
