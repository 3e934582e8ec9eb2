//! Selection of the provider's credentials, and the reason if there are none.
//!
//! Nothing here fails the configuration of the provider: only the requests that need missing
//! credentials fail.

use super::settings::{Setting, not_known_yet};
use crate::client::{Credentials, MissingSetting};
use crate::provider_data::CredentialKind;
use crate::secret::Secret;

/// The configured values for one kind of credentials.
pub(super) struct CredentialInputs {
    pub(super) id: Setting,
    pub(super) secret: Setting,
    pub(super) bearer: Setting,
}

impl CredentialInputs {
    /// Chooses between the ID with its secret and the access token.
    ///
    /// The provider block takes precedence over the environment. If both forms are set in the same
    /// place, they conflict.
    pub(super) fn choose(&self, kind: &CredentialKind) -> Result<Credentials, MissingSetting> {
        let pair_in_block = self.id.is_argument() || self.secret.is_argument();
        let pair_anywhere = self.id.text().is_some() && self.secret.text().is_some();
        match &self.bearer {
            Setting::Unusable(why) => Err(why.clone()),
            Setting::Argument(_) | Setting::Unknown if pair_in_block => {
                Err(conflicting_credentials(kind))
            }
            Setting::Variable(_) if pair_in_block => self.pair(kind),
            Setting::Variable(_) if pair_anywhere => Err(conflicting_credentials(kind)),
            Setting::Argument(bearer) | Setting::Variable(bearer) => {
                Ok(Credentials::AccessToken(Secret::new(bearer.clone())))
            }
            Setting::Unknown => Err(not_known_yet(kind.bearer.0)),
            Setting::Missing => self.pair(kind),
        }
    }

    fn pair(&self, kind: &CredentialKind) -> Result<Credentials, MissingSetting> {
        match (&self.id, &self.secret) {
            (Setting::Unknown, _) => Err(not_known_yet(kind.id.0)),
            (_, Setting::Unknown) => Err(not_known_yet(kind.secret.0)),
            (Setting::Unusable(why), _) | (_, Setting::Unusable(why)) => Err(why.clone()),
            (Setting::Missing, Setting::Missing) => Err(missing(kind)),
            (id, secret) => match (id.text(), secret.text()) {
                (Some(id), Some(secret)) => Ok(Credentials::Secret {
                    id: id.to_owned(),
                    secret: Secret::new(secret.to_owned()),
                }),
                (Some(_), None) => Err(half(kind, kind.id, kind.secret)),
                (None, _) => Err(half(kind, kind.secret, kind.id)),
            },
        }
    }
}

fn missing(kind: &CredentialKind) -> MissingSetting {
    let (id, secret, bearer) = (kind.id, kind.secret, kind.bearer);
    MissingSetting {
        summary: format!("Missing {} credentials", kind.name),
        detail: format!(
            "{} require the credentials of the {}. Set `{}` and `{}` in the provider block, or the \
             environment variables {} and {}. To use an existing OAuth 2.0 access token instead, set \
             `{}` or {}.",
            kind.needed_by, kind.name, id.0, secret.0, id.1, secret.1, bearer.0, bearer.1
        ),
        unknown: false,
    }
}

fn half(kind: &CredentialKind, there: (&str, &str), missing: (&str, &str)) -> MissingSetting {
    MissingSetting {
        summary: format!("Incomplete {} credentials", kind.name),
        detail: format!(
            "`{}` (or {}) is set, but `{}` is not. {} require both. Set `{}` in the provider block, or \
             the environment variable {}.",
            there.0, there.1, missing.0, kind.needed_by, missing.0, missing.1
        ),
        unknown: false,
    }
}

fn conflicting_credentials(kind: &CredentialKind) -> MissingSetting {
    let (id, secret, bearer) = (kind.id, kind.secret, kind.bearer);
    MissingSetting {
        summary: format!("Conflicting {} credentials", kind.name),
        detail: format!(
            "Both an access token (`{}` or {}) and `{}` with `{}` ({} and {}) are set, all in the provider \
             block or all in the environment. Remove the access token, or remove the other two.",
            bearer.0, bearer.1, id.0, secret.0, id.1, secret.1
        ),
        unknown: false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider_data::SERVICE_ACCOUNT;

    fn argument(text: &str) -> Setting {
        Setting::Argument(text.to_owned())
    }

    fn variable(text: &str) -> Setting {
        Setting::Variable(text.to_owned())
    }

    fn choose(
        id: Setting,
        secret: Setting,
        bearer: Setting,
    ) -> Result<Credentials, MissingSetting> {
        CredentialInputs { id, secret, bearer }.choose(&SERVICE_ACCOUNT)
    }

    fn pair(id: &str, secret: &str) -> Credentials {
        Credentials::Secret { id: id.to_owned(), secret: Secret::new(secret.to_owned()) }
    }

    fn detail(outcome: Result<Credentials, MissingSetting>) -> String {
        outcome.unwrap_err().detail
    }

    #[test]
    fn credential_parts_can_come_from_both_sources() {
        let chosen = choose(argument("i"), variable("s"), Setting::Missing).unwrap();
        assert!(
            matches!((&chosen, pair("i", "s")), (Credentials::Secret { id, secret }, Credentials::Secret { id: i, secret: s }) if *id == i && *secret == s)
        );
    }

    #[test]
    fn block_credentials_take_precedence_over_environment() {
        let bearer = choose(variable("i"), variable("s"), argument("b")).unwrap();
        assert!(matches!(bearer, Credentials::AccessToken(_)));
        let pair = choose(argument("i"), argument("s"), variable("b")).unwrap();
        assert!(matches!(pair, Credentials::Secret { .. }));
    }

    #[test]
    fn access_token_and_pair_conflict_in_same_source() {
        for outcome in [
            choose(argument("i"), argument("s"), argument("b")),
            choose(variable("i"), variable("s"), variable("b")),
        ] {
            assert!(detail(outcome).contains("Remove the access token"));
        }
    }

    #[test]
    fn missing_credential_names_argument_and_variable() {
        let all = detail(choose(Setting::Missing, Setting::Missing, Setting::Missing));
        let half = detail(choose(Setting::Missing, variable("s"), Setting::Missing));
        for name in ["client_id", "ANACONDA_CLIENT_ID", "Users, seats, and tokens"] {
            assert!(all.contains(name) && half.contains(name), "{all} / {half}");
        }
    }

    #[test]
    fn unknown_credential_never_falls_back_to_environment() {
        let waiting = choose(Setting::Unknown, variable("s"), Setting::Missing).unwrap_err();
        assert!(waiting.unknown);
        let bearer = choose(variable("i"), variable("s"), Setting::Unknown).unwrap_err();
        assert!(bearer.unknown);
    }
}
