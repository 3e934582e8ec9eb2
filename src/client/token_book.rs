//! What is known about tokens without asking, kept per user by the calls in `tokens`.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU8};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{Token, TokenId, UserId};

/// What is known about tokens without asking, and who is working on them.
#[derive(Default)]
pub(super) struct TokenBook {
    users: Mutex<HashMap<UserId, Entry>>,
    /// [`UNTRIED`], [`LISTED`] or [`UNLISTED`].
    pub(super) listing: AtomicU8,
    /// Whether any user was seen with several tokens that are not revoked.
    pub(super) several: AtomicBool,
    /// Held by the first to try the listing, so that a deployment without it is asked once.
    pub(super) trying: tokio::sync::Mutex<()>,
}

/// Nobody has asked yet.
pub(super) const UNTRIED: u8 = 0;
/// Tokens can be listed here.
pub(super) const LISTED: u8 = 1;
/// Tokens cannot be listed here.
pub(super) const UNLISTED: u8 = 2;

/// What is known of one user.
#[derive(Default)]
pub(super) struct Entry {
    /// All tokens, if they are known.
    pub(super) tokens: Option<Arc<Vec<Token>>>,
    /// Counts our writes: a listing that began before one is not kept.
    pub(super) writes: u64,
    /// Whether we ended the user's live token, and issued none since.
    pub(super) ended: bool,
}

impl TokenBook {
    /// A user who was added just now has no token, nor has one whose only token was revoked.
    pub(super) fn starts_empty(&self, user: &UserId) {
        self.entry(user, |entry| entry.tokens = Some(Arc::default()));
    }

    /// Drops what is known, and what a listing on its way brings.
    pub(super) fn forget(&self, user: &UserId) {
        self.entry(user, |entry| {
            entry.tokens = None;
            entry.writes += 1;
        });
    }

    /// Drops all about a user who was removed.
    pub(super) fn drop_user(&self, user: &UserId) {
        self.users().remove(user);
    }

    /// Notes that a token was revoked.
    pub(super) fn revoked(&self, user: &UserId, token: &TokenId) {
        self.entry(user, |entry| {
            entry.writes += 1;
            if let Some(tokens) = &mut entry.tokens {
                let ours = Arc::make_mut(tokens).iter_mut().filter(|it| it.id == *token);
                ours.for_each(|it| it.revoked = true);
            }
        });
    }

    /// Works on what is known of one user.
    pub(super) fn entry<T>(&self, user: &UserId, work: impl FnOnce(&mut Entry) -> T) -> T {
        work(self.users().entry(user.clone()).or_default())
    }

    fn users(&self) -> MutexGuard<'_, HashMap<UserId, Entry>> {
        self.users.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::user_id;
    use super::*;

    #[test]
    fn a_user_who_was_removed_takes_no_room() {
        let book = TokenBook::default();
        for number in 0..3 {
            book.starts_empty(&user_id(number));
        }
        book.drop_user(&user_id(1));
        assert_eq!(book.users().len(), 2);
        assert!(!book.users().contains_key(&user_id(1)));
    }
}
