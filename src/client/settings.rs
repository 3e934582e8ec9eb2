//! What an [`Org`](super::Org) is made of: where the API is, and how to sign in.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

use super::OrgId;
use crate::secret::Secret;

/// Everything the client has to be told. What is missing is missing with a reason, and the reason
/// comes back as an error only when a call needs it.
pub struct Settings {
    /// Where the deployment is, `https://anaconda.com`; a path in it is kept as a prefix.
    pub base_url: Url,
    /// Path of the API's root below `base_url`, `/api/v1`.
    pub api_path: String,
    /// Path of the `OAuth2` token endpoint below `base_url`, `/api/iam/token`.
    pub token_path: String,
    /// The organization that every call is about.
    pub organization: Result<OrgId, MissingSetting>,
    /// Signs in for users, seats, tokens and onboarding.
    pub service_account: Result<Credentials, MissingSetting>,
    /// Signs in for the service accounts themselves.
    pub admin: Result<Credentials, MissingSetting>,
    /// How often a request is repeated after its first failure; 0 never.
    pub max_retries: u32,
    /// Time for one attempt, from connecting to the last byte of the answer.
    pub request_timeout: Duration,
    /// How many requests may be on their way at once; 0 counts as 1.
    pub max_concurrent_requests: usize,
    /// Proxy for all requests. Without it the usual variables (`HTTPS_PROXY`, `NO_PROXY`) count.
    /// A loopback host is never reached through a proxy.
    pub proxy_url: Option<Url>,
    /// PEM certificates to trust in addition to those of the system.
    pub ca_cert_pem: Option<Vec<u8>>,
    /// A certificate for a proxy, or a server, that asks for one.
    pub identity: Option<Identity>,
    /// Headers for each request, as names and values: both have to be such as HTTP takes.
    pub extra_headers: Vec<(String, Secret)>,
    /// Value of the `User-Agent` header.
    pub user_agent: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL may hold a password, so neither is shown as it is.
        f.debug_struct("Settings")
            .field("host", &self.base_url.host_str())
            .field("api_path", &self.api_path)
            .field("token_path", &self.token_path)
            .field("organization", &self.organization)
            .field("service_account", &self.service_account)
            .field("admin", &self.admin)
            .field("max_retries", &self.max_retries)
            .field("request_timeout", &self.request_timeout)
            .field("max_concurrent_requests", &self.max_concurrent_requests)
            .field("proxy_host", &self.proxy_url.as_ref().and_then(Url::host_str))
            .field("ca_cert_pem_bytes", &self.ca_cert_pem.as_ref().map(Vec::len))
            .field("has_identity", &self.identity.is_some())
            .field("extra_headers", &self.extra_headers.len())
            .field("user_agent", &self.user_agent)
            .finish()
    }
}

/// A client certificate.
#[derive(Clone, Debug)]
pub struct Identity {
    /// The certificate as PEM, and those that it was issued by after it.
    pub cert: Vec<u8>,
    /// Its private key as PEM.
    pub key: Secret,
}

/// One way to get a bearer.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Asks the token endpoint, again and again as bearers end.
    Secret {
        /// Client ID of a service account, or user name of an admin.
        id: String,
        /// The client secret, or the password.
        secret: Secret,
    },
    /// A bearer made elsewhere. It is used as it is and cannot be renewed.
    AccessToken(Secret),
}

/// Which of the two sign-ins a call needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `client_credentials` of a service account: good for all but the service accounts.
    ServiceAccount,
    /// `password` of an organization admin: good for the service accounts alone.
    Admin,
}

impl fmt::Display for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::ServiceAccount => "service account",
            Self::Admin => "organization admin",
        })
    }
}

/// Why a setting is not there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSetting {
    /// One line: what is missing.
    pub summary: String,
    /// What to do about it.
    pub detail: String,
    /// Whether it only is not known yet, because it is made in the same run.
    pub unknown: bool,
}

impl fmt::Display for MissingSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.summary, self.detail)
    }
}
