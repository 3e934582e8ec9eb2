//! What a sandbox can be told when it starts.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use jiff::Timestamp;

/// How a sandbox starts. The defaults are a small organization with well-known dummy credentials.
///
/// The credentials are made up and protect nothing, but `Debug` hides them all the same: the
/// habit of printing credentials is what a sandbox must not teach.
#[derive(Clone)]
pub struct Options {
    /// Where to listen. Default `127.0.0.1:0`: loopback, on a free port.
    pub listen: SocketAddr,
    /// Id of the one organization. Default `sandbox`.
    pub organization: String,
    /// Client id of the service account that exists from the start. Default
    /// `5a9db0c5-0000-4000-8000-000000000001`.
    pub client_id: String,
    /// Its secret. Default `sandbox-client-secret`.
    pub client_secret: String,
    /// Who signs in as the organization's admin, and the address the admin has in the list of
    /// users. Must look like an e-mail address. Default `admin@example.com`.
    pub admin_username: String,
    /// The admin's password. Default `sandbox-admin-password`.
    pub admin_password: String,
    /// Seats of the subscription. Default 10.
    pub seats: u32,
    /// Which of the two published forms of the API to speak. Default [`Dialect::V1`].
    pub dialect: Dialect,
    /// When the subscription ends: the expiry of synced and of onboarded people's tokens.
    /// Default 2099-12-31T00:00:00Z.
    pub subscription_end: Timestamp,
    /// How long an onboarded address stays *in process*, by the sandbox's clock. Default 0.
    pub onboarding_delay: Duration,
    /// Whether a user may have several live tokens. Default false: issuing one revokes the
    /// one before.
    pub several_tokens: bool,
    /// Whether a user's token outlives the user's seat. Default false: removing the seat ends it.
    pub tokens_outlive_seats: bool,
    /// In which ways answers are odd, as words with commas between them: `--help` lists them.
    /// `all` and `none` are words, too, and an unknown word is none. Default `none`.
    pub odd: String,
    /// How long a bearer lives, by the sandbox's clock. Default 900 seconds, as documented.
    pub bearer_lifetime: Duration,
    /// How far behind listings are, by real time: they show the organization as it was. Default 0.
    pub listing_lag: Duration,
    /// How many requests per second are taken; above it they are answered with 429. A positive
    /// number; no limit when absent, which is the default.
    pub requests_per_second: Option<f64>,
    /// Where the organization is kept between runs; nowhere when absent. The file holds what
    /// happened (people, tokens, service accounts, mails). All other options come from here at
    /// each start, so that another number of seats or another dialect takes effect at once.
    pub state_file: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            organization: "sandbox".to_owned(),
            client_id: "5a9db0c5-0000-4000-8000-000000000001".to_owned(),
            client_secret: "sandbox-client-secret".to_owned(),
            admin_username: "admin@example.com".to_owned(),
            admin_password: "sandbox-admin-password".to_owned(),
            seats: 10,
            dialect: Dialect::V1,
            subscription_end: Timestamp::constant(4_102_358_400, 0),
            onboarding_delay: Duration::ZERO,
            several_tokens: false,
            tokens_outlive_seats: false,
            odd: "none".to_owned(),
            bearer_lifetime: Duration::from_secs(900),
            listing_lag: Duration::ZERO,
            requests_per_second: None,
            state_file: None,
        }
    }
}

impl fmt::Debug for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("listen", &self.listen)
            .field("organization", &self.organization)
            .field("client_id", &self.client_id)
            .field("admin_username", &self.admin_username)
            .field("seats", &self.seats)
            .field("dialect", &self.dialect)
            .field("subscription_end", &self.subscription_end)
            .field("onboarding_delay", &self.onboarding_delay)
            .field("several_tokens", &self.several_tokens)
            .field("tokens_outlive_seats", &self.tokens_outlive_seats)
            .field("odd", &self.odd)
            .field("bearer_lifetime", &self.bearer_lifetime)
            .field("listing_lag", &self.listing_lag)
            .field("requests_per_second", &self.requests_per_second)
            .field("state_file", &self.state_file)
            .finish_non_exhaustive()
    }
}

/// The published forms of the API.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Dialect {
    /// Everything in the OpenAPI document (Organization Management API 1.0.0).
    #[default]
    V1,
    /// Only what the older guide shows: users and tokens cannot be listed, and the list of
    /// service accounts has no envelope.
    Guide,
}

impl Dialect {
    /// The word for it on the command line and in the sandbox's own paths.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::V1 => "v1",
            Self::Guide => "guide",
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The text was neither `v1` nor `guide`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected v1 or guide")]
pub struct UnknownDialect;

impl FromStr for Dialect {
    type Err = UnknownDialect;

    fn from_str(text: &str) -> Result<Self, UnknownDialect> {
        match text {
            "v1" => Ok(Self::V1),
            "guide" => Ok(Self::Guide),
            _ => Err(UnknownDialect),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_both_secrets() {
        let shown = format!("{:?}", Options::default());
        assert!(shown.contains("admin@example.com"), "{shown}");
        assert!(!shown.contains("sandbox-client-secret"), "{shown}");
        assert!(!shown.contains("sandbox-admin-password"), "{shown}");
    }

    #[test]
    fn dialect_name_parses_as_displayed() {
        for dialect in [Dialect::V1, Dialect::Guide] {
            assert_eq!(dialect.to_string().parse(), Ok(dialect));
        }
        assert_eq!("V1".parse::<Dialect>(), Err(UnknownDialect));
    }

    #[test]
    fn default_subscription_end_matches_documentation() {
        assert_eq!(Options::default().subscription_end.to_string(), "2099-12-31T00:00:00Z");
    }
}
