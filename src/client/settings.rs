//! Settings of an [`Org`](super::Org): URLs and credentials.

use std::fmt;
use std::time::Duration;

use reqwest::Url;

use super::OrgId;
use crate::secret::Secret;

/// All settings of the client. A missing setting contains a reason, which becomes an error only
/// when a request needs the setting.
pub struct Settings {
    /// Base URL of the deployment, such as `https://anaconda.com`. A path in it is kept as a
    /// prefix.
    pub base_url: Url,
    /// Path of the API below `base_url`, such as `/api/v1`.
    pub api_path: String,
    /// Path of the OAuth 2.0 token endpoint below `base_url`, such as `/api/iam/token`.
    pub token_path: String,
    /// Organization that all requests are about.
    pub organization: Result<OrgId, MissingSetting>,
    /// Credentials for users, seats, tokens, and onboarding.
    pub service_account: Result<Credentials, MissingSetting>,
    /// Credentials for managing service accounts.
    pub admin: Result<Credentials, MissingSetting>,
    /// Maximum number of retries of a request after its first failure. `0` disables retries.
    pub max_retries: u32,
    /// Timeout of one attempt, from connecting to the last byte of the response.
    pub request_timeout: Duration,
    /// Maximum number of concurrent requests. `0` counts as `1`.
    pub max_concurrent_requests: usize,
    /// Proxy for all requests. Defaults to the usual environment variables (`HTTPS_PROXY`,
    /// `NO_PROXY`). A loopback host is never reached through a proxy.
    pub proxy_url: Option<Url>,
    /// PEM-encoded CA certificates to trust in addition to the system certificates.
    pub ca_cert_pem: Option<Vec<u8>>,
    /// Client certificate for a proxy or a server that requests one.
    pub identity: Option<Identity>,
    /// Headers for each request, as names and values. Both must be valid in HTTP.
    pub extra_headers: Vec<(String, Secret)>,
    /// Value of the `User-Agent` header.
    pub user_agent: String,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A URL might contain a password, so only the hosts are shown.
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

/// Client certificate.
#[derive(Clone, Debug)]
pub struct Identity {
    /// PEM-encoded certificate, followed by the certificates of its issuers.
    pub cert: Vec<u8>,
    /// PEM-encoded private key.
    pub key: Secret,
}

/// One way to obtain an access token.
#[derive(Clone, Debug)]
pub enum Credentials {
    /// Credentials for the token endpoint, used whenever an access token expires.
    Secret {
        /// Client ID of a service account, or user name of an organization admin.
        id: String,
        /// Client secret, or password.
        secret: Secret,
    },
    /// Configured access token. It is used unchanged and cannot be renewed.
    AccessToken(Secret),
}

/// Credentials that a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grant {
    /// `client_credentials` of a service account: for all requests except those about service
    /// accounts.
    ServiceAccount,
    /// `password` of an organization admin: only for requests about service accounts.
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

/// Reason why a setting is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingSetting {
    /// One line that names the missing setting.
    pub summary: String,
    /// How to fix it.
    pub detail: String,
    /// Whether the setting is only unknown until apply, because the same run creates it.
    pub unknown: bool,
}

impl fmt::Display for MissingSetting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.summary, self.detail)
    }
}
