//! [`IssuedTokens`]: the access tokens of the token endpoint, and their principals.

use std::collections::HashMap;
use std::fmt;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

/// The principal of an access token.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Principal {
    /// A service account, by `client_credentials`.
    ServiceAccount {
        /// Which one.
        client_id: String,
    },
    /// The organization's admin, by `password`.
    Admin,
}

impl Principal {
    /// The word for it in the list of requests.
    pub(crate) fn grant(&self) -> &'static str {
        match self {
            Self::ServiceAccount { .. } => "service_account",
            Self::Admin => "admin",
        }
    }
}

/// All access tokens that might be active.
#[derive(Default)]
pub(crate) struct IssuedTokens {
    issued: HashMap<String, (Principal, Timestamp)>,
}

impl IssuedTokens {
    /// Adds an access token with a lifetime.
    pub(crate) fn add(
        &mut self,
        bearer: String,
        principal: Principal,
        now: Timestamp,
        life: Duration,
    ) {
        self.issued.retain(|_, (_, end)| *end > now);
        let life = SignedDuration::try_from(life).unwrap_or(SignedDuration::MAX);
        let end = now.saturating_add(life).unwrap_or(Timestamp::MAX);
        self.issued.insert(bearer, (principal, end));
    }

    /// Returns the principal of an access token. `None` if it is unknown or expired.
    pub(crate) fn principal(&self, bearer: &str, now: Timestamp) -> Option<&Principal> {
        self.issued.get(bearer).filter(|(_, end)| now < *end).map(|(principal, _)| principal)
    }

    /// Revokes all access tokens of a service account.
    pub(crate) fn end_of(&mut self, client_id: &str) {
        self.issued.retain(|_, (principal, _)| {
            !matches!(principal, Principal::ServiceAccount { client_id: id } if id == client_id)
        });
    }

    /// Revokes all access tokens.
    pub(crate) fn clear(&mut self) {
        self.issued.clear();
    }
}

impl fmt::Debug for IssuedTokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "IssuedTokens({})", self.issued.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn account(client_id: &str) -> Principal {
        Principal::ServiceAccount { client_id: client_id.to_owned() }
    }

    #[test]
    fn access_token_is_valid_until_last_second() {
        let mut bearers = IssuedTokens::default();
        let now = Timestamp::UNIX_EPOCH;
        bearers.add("b".into(), Principal::Admin, now, Duration::from_secs(900));
        assert_eq!(
            bearers.principal("b", now + SignedDuration::from_secs(899)),
            Some(&Principal::Admin)
        );
        assert_eq!(bearers.principal("b", now + SignedDuration::from_secs(900)), None);
        assert_eq!(bearers.principal("c", now), None);
    }

    #[test]
    fn removed_account_invalidates_only_its_access_tokens() {
        let mut bearers = IssuedTokens::default();
        let now = Timestamp::UNIX_EPOCH;
        bearers.add("a".into(), account("one"), now, Duration::MAX);
        bearers.add("b".into(), account("two"), now, Duration::MAX);
        bearers.end_of("one");
        assert_eq!(bearers.principal("a", now), None);
        assert_eq!(bearers.principal("b", now), Some(&account("two")));
    }

    #[test]
    fn debug_output_shows_no_access_token() {
        let mut bearers = IssuedTokens::default();
        bearers.add("b3arer".into(), Principal::Admin, Timestamp::UNIX_EPOCH, Duration::MAX);
        assert_eq!(format!("{bearers:?}"), "IssuedTokens(1)");
    }
}
