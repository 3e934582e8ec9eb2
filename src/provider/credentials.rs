//! Which credentials the provider signs in with, and why there are none.
//!
//! Nothing here fails: credentials that are missing matter only to the calls that need them.

use super::settings::{Setting, not_known_yet};
use crate::client::{SignIn, Unavailable};
use crate::secret::Secret;

/// One kind of credentials: a pair to sign in with, or a bearer that was made elsewhere.
pub(super) struct Kind {
    /// What the user calls it.
    pub(super) name: &'static str,
    /// What needs it.
    pub(super) needed_by: &'static str,
    /// The argument and the variable of the pair's first part.
    pub(super) id: (&'static str, &'static str),
    /// The same of its secret part.
    pub(super) secret: (&'static str, &'static str),
    /// The same of the bearer.
    pub(super) bearer: (&'static str, &'static str),
}

/// For users, seats, tokens and onboarding.
pub(super) const SERVICE_ACCOUNT: Kind = Kind {
    name: "service account",
    needed_by: "anaconda_user, anaconda_seat and anaconda_token",
    id: ("client_id", "ANACONDA_CLIENT_ID"),
    secret: ("client_secret", "ANACONDA_CLIENT_SECRET"),
    bearer: ("access_token", "ANACONDA_ACCESS_TOKEN"),
};

/// For service accounts, and only for them.
pub(super) const ADMIN: Kind = Kind {
    name: "organization admin",
    needed_by: "anaconda_service_account",
    id: ("admin_username", "ANACONDA_ADMIN_USERNAME"),
    secret: ("admin_password", "ANACONDA_ADMIN_PASSWORD"),
    bearer: ("admin_access_token", "ANACONDA_ADMIN_ACCESS_TOKEN"),
};

/// What was found for one kind of credentials.
pub(super) struct Found {
    pub(super) id: Setting,
    pub(super) secret: Setting,
    pub(super) bearer: Setting,
}

impl Kind {
    /// Chooses between the pair and the bearer. What the provider block says beats what the
    /// environment says; both at the same place contradict each other.
    pub(super) fn choose(&self, found: &Found) -> Result<SignIn, Unavailable> {
        let pair_in_block = found.id.is_argument() || found.secret.is_argument();
        let pair_anywhere = found.id.text().is_some() && found.secret.text().is_some();
        match &found.bearer {
            Setting::Argument(_) | Setting::Unknown if pair_in_block => Err(self.contradiction()),
            Setting::Variable(_) if pair_in_block => self.pair(found),
            Setting::Variable(_) if pair_anywhere => Err(self.contradiction()),
            Setting::Argument(bearer) | Setting::Variable(bearer) => {
                Ok(SignIn::Bearer(Secret::new(bearer.clone())))
            }
            Setting::Unknown => Err(not_known_yet(self.bearer.0)),
            Setting::Missing => self.pair(found),
        }
    }

    fn pair(&self, found: &Found) -> Result<SignIn, Unavailable> {
        match (&found.id, &found.secret) {
            (Setting::Unknown, _) => Err(not_known_yet(self.id.0)),
            (_, Setting::Unknown) => Err(not_known_yet(self.secret.0)),
            (Setting::Missing, Setting::Missing) => Err(self.missing()),
            (id, secret) => match (id.text(), secret.text()) {
                (Some(id), Some(secret)) => {
                    Ok(SignIn::Pair { id: id.to_owned(), secret: Secret::new(secret.to_owned()) })
                }
                (Some(_), None) => Err(self.half(self.id, self.secret)),
                (None, _) => Err(self.half(self.secret, self.id)),
            },
        }
    }

    fn missing(&self) -> Unavailable {
        let (id, secret, bearer) = (self.id, self.secret, self.bearer);
        self.unavailable(&format!(
            "Set `{}` and `{}` in the provider block, or the environment variables {} and {}. A \
             bearer that was made elsewhere works too: `{}` or {}.",
            id.0, secret.0, id.1, secret.1, bearer.0, bearer.1
        ))
    }

    fn half(&self, there: (&str, &str), missing: (&str, &str)) -> Unavailable {
        self.unavailable(&format!(
            "There is a `{}` (or {}), but its other half is missing: set `{}` in the provider \
             block, or the environment variable {}.",
            there.0, there.1, missing.0, missing.1
        ))
    }

    fn contradiction(&self) -> Unavailable {
        let (id, secret, bearer) = (self.id, self.secret, self.bearer);
        self.unavailable(&format!(
            "Both a bearer (`{}` or {}) and a pair (`{}` and `{}`, or {} and {}) are set at the \
             same place, so it is not clear which one counts. Remove one of them.",
            bearer.0, bearer.1, id.0, secret.0, id.1, secret.1
        ))
    }

    fn unavailable(&self, what_to_do: &str) -> Unavailable {
        Unavailable {
            summary: format!("No credentials of the {}", self.name),
            detail: format!(
                "{} needs the credentials of the {}. {what_to_do}",
                self.needed_by, self.name
            ),
            unknown: false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn argument(text: &str) -> Setting {
        Setting::Argument(text.to_owned())
    }

    fn variable(text: &str) -> Setting {
        Setting::Variable(text.to_owned())
    }

    fn choose(id: Setting, secret: Setting, bearer: Setting) -> Result<SignIn, Unavailable> {
        SERVICE_ACCOUNT.choose(&Found { id, secret, bearer })
    }

    fn pair(id: &str, secret: &str) -> SignIn {
        SignIn::Pair { id: id.to_owned(), secret: Secret::new(secret.to_owned()) }
    }

    fn detail(outcome: Result<SignIn, Unavailable>) -> String {
        outcome.unwrap_err().detail
    }

    #[test]
    fn halves_may_come_from_both_places() {
        let chosen = choose(argument("i"), variable("s"), Setting::Missing).unwrap();
        assert!(
            matches!((&chosen, pair("i", "s")), (SignIn::Pair { id, secret }, SignIn::Pair { id: i, secret: s }) if *id == i && *secret == s)
        );
    }

    #[test]
    fn a_bearer_in_the_block_beats_a_pair_in_the_environment_and_the_other_way_round() {
        let bearer = choose(variable("i"), variable("s"), argument("b")).unwrap();
        assert!(matches!(bearer, SignIn::Bearer(_)));
        let pair = choose(argument("i"), argument("s"), variable("b")).unwrap();
        assert!(matches!(pair, SignIn::Pair { .. }));
    }

    #[test]
    fn bearer_and_pair_at_the_same_place_contradict_each_other() {
        for outcome in [
            choose(argument("i"), argument("s"), argument("b")),
            choose(variable("i"), variable("s"), variable("b")),
        ] {
            assert!(detail(outcome).contains("Remove one of them"));
        }
    }

    #[test]
    fn what_is_missing_is_named_with_argument_and_variable() {
        let all = detail(choose(Setting::Missing, Setting::Missing, Setting::Missing));
        let half = detail(choose(Setting::Missing, variable("s"), Setting::Missing));
        for name in ["client_id", "ANACONDA_CLIENT_ID", "anaconda_seat"] {
            assert!(all.contains(name) && half.contains(name), "{all} / {half}");
        }
    }

    #[test]
    fn an_unknown_half_waits_and_does_not_fall_back() {
        let waiting = choose(Setting::Unknown, variable("s"), Setting::Missing).unwrap_err();
        assert!(waiting.unknown);
        let bearer = choose(variable("i"), variable("s"), Setting::Unknown).unwrap_err();
        assert!(bearer.unknown);
    }
}
