//! Bearers: what the token endpoint gives out, and who holds which.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// Who signed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Holder {
    /// A service account, by `client_credentials`.
    ServiceAccount {
        /// Which one.
        client_id: String,
    },
    /// The organization's admin, by `password`.
    Admin,
}

impl Holder {
    /// The word for it in the list of requests.
    pub(crate) fn grant(&self) -> &'static str {
        match self {
            Self::ServiceAccount { .. } => "service_account",
            Self::Admin => "admin",
        }
    }
}

/// All bearers that may still be good.
#[derive(Default)]
pub(crate) struct Bearers {
    issued: HashMap<String, (Holder, Timestamp)>,
}

impl Bearers {
    /// Notes a new bearer that is good for so long.
    pub(crate) fn add(&mut self, bearer: String, holder: Holder, now: Timestamp, life: Duration) {
        self.issued.retain(|_, (_, end)| *end > now);
        let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX);
        let end = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        self.issued.insert(bearer, (holder, end));
    }

    /// Who holds this bearer; `None` when nobody does or when it has expired.
    pub(crate) fn holder(&self, bearer: &str, now: Timestamp) -> Option<&Holder> {
        self.issued.get(bearer).filter(|(_, end)| now < *end).map(|(holder, _)| holder)
    }

    /// Ends all bearers of a service account.
    pub(crate) fn end_of(&mut self, client_id: &str) {
        self.issued.retain(|_, (holder, _)| {
            !matches!(holder, Holder::ServiceAccount { client_id: id } if id == client_id)
        });
    }

    /// Ends all.
    pub(crate) fn clear(&mut self) {
        self.issued.clear();
    }
}

impl fmt::Debug for Bearers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Bearers({})", self.issued.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(client_id: &str) -> Holder {
        Holder::ServiceAccount { client_id: client_id.to_owned() }
    }

    #[test]
    fn a_bearer_is_good_until_its_last_second() {
        let mut bearers = Bearers::default();
        let now = Timestamp::UNIX_EPOCH;
        bearers.add("b".into(), Holder::Admin, now, Duration::from_secs(900));
        assert_eq!(bearers.holder("b", now + SignedDuration::from_secs(899)), Some(&Holder::Admin));
        assert_eq!(bearers.holder("b", now + SignedDuration::from_secs(900)), None);
        assert_eq!(bearers.holder("c", now), None);
    }

    #[test]
    fn bearers_of_a_removed_account_end_and_others_stay() {
        let mut bearers = Bearers::default();
        let now = Timestamp::UNIX_EPOCH;
        bearers.add("a".into(), account("one"), now, Duration::MAX);
        bearers.add("b".into(), account("two"), now, Duration::MAX);
        bearers.end_of("one");
        assert_eq!(bearers.holder("a", now), None);
        assert_eq!(bearers.holder("b", now), Some(&account("two")));
    }

    #[test]
    fn debug_shows_no_bearer() {
        let mut bearers = Bearers::default();
        bearers.add("b3arer".into(), Holder::Admin, Timestamp::UNIX_EPOCH, Duration::MAX);
        assert_eq!(format!("{bearers:?}"), "Bearers(1)");
    }
}
