//! [`Error`]: failures of a request, one variant for each case that callers handle differently.
//!
//! No error text contains a secret: all text from a server is masked first.

use std::fmt;
use std::sync::Arc;

use super::{Grant, MissingSetting, Trace, response};

/// Failure of a request. It implements `Clone` because all callers that wait for one list response
/// or one token request receive the same failure.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that the request needs is missing.
    #[error("{0}")]
    Unavailable(MissingSetting),

    /// The settings are not usable: an invalid certificate, URL, or proxy.
    #[error("the connection to the API cannot be set up: {what}")]
    Setup {
        /// What is wrong, and the setting that causes it.
        what: String,
    },

    /// The proxy refused to connect to the API. The client sent nothing to the API.
    #[error("the proxy {proxy} refused to connect to {target} with status {status}")]
    ProxyRefused {
        /// URL of the proxy, without credentials.
        proxy: String,
        /// Host and port of the API.
        target: String,
        /// HTTP status of the proxy.
        status: u16,
    },

    /// The API, or a server in front of it, returned an error status.
    #[error("{method} {path} returned {}{trace}", ErrorResponse { status: *status, code: code.as_deref(), message, fields })]
    Api {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// HTTP status.
        status: u16,
        /// The API's `error.code`.
        code: Option<String>,
        /// The API's message, or a short text derived from another response body.
        message: String,
        /// Fields that failed validation: location (`body.name`) and reason.
        fields: Vec<(String, String)>,
        /// Whether the body has the API's own error format. If not, a proxy might have responded,
        /// or the server does not serve this path.
        documented: bool,
        /// Identifiers to quote to Anaconda support.
        trace: Trace,
    },

    /// The token endpoint rejected the authentication.
    #[error("authentication as the {grant} returned {}{trace}", ErrorResponse { status: *status, code: code.as_deref(), message, fields: &[] })]
    SignIn {
        /// Grant of the token request.
        grant: Grant,
        /// HTTP status.
        status: u16,
        /// The RFC 6749 error code, `invalid_client` or `invalid_grant`.
        code: Option<String>,
        /// Message of the token endpoint.
        message: String,
        /// Identifiers to quote to Anaconda support.
        trace: Trace,
    },

    /// The API rejected a configured access token, which the client cannot renew.
    #[error("the access token that is configured for the {grant} was rejected")]
    AccessTokenRefused {
        /// Grant for which it was configured.
        grant: Grant,
    },

    /// No response, and the request certainly or harmlessly changed nothing: the connection failed,
    /// or the request is idempotent.
    #[error("no response from {host} to {method} {path}, {}", tried(*attempts))]
    Unreachable {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// Host and port of the attempts.
        host: String,
        /// Number of attempts.
        attempts: u32,
        /// Failure of the last attempt.
        source: Arc<reqwest::Error>,
    },

    /// A write was sent, and its response was lost or came from a gateway. The API might have
    /// processed the write.
    ///
    /// The client did not retry it. Callers must check the result before they retry.
    #[error("no response to {method} {path}: {why}{trace}")]
    OutcomeUnknown {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// What happened instead of a response.
        why: String,
        /// Identifiers to quote to Anaconda support, if a gateway responded.
        trace: Trace,
        /// The connection failure, if that is the cause.
        source: Option<Arc<reqwest::Error>>,
    },

    /// The response does not have the format that the API documents.
    #[error("cannot read the response to {method} {path}: {what}{trace}")]
    Unreadable {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// Location in the response, and what is wrong there.
        what: String,
        /// Identifiers to quote to Anaconda support.
        trace: Trace,
        /// Whether the response appears to come from the API. A web page does not.
        from_api: bool,
    },

    /// The response is larger than any response that the client expects.
    #[error("the response to {method} {path} is larger than {limit} bytes")]
    TooLarge {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// Maximum number of bytes that the client reads.
        limit: usize,
    },

    /// The run was canceled while this request waited. The client sent nothing after that.
    #[error("{method} {path} was not sent, because the run was canceled")]
    Stopped {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
    },

    /// Polling for the result of a lost response ended early. That no list showed the result proves
    /// nothing.
    #[error("the run was canceled, or the deadline passed, before a list showed the result")]
    PollInterrupted,

    /// The user list is empty. An organization always has an admin, so something hides the users.
    /// Accepting the list would make all users look deleted.
    #[error("the list of users is empty, but an organization always has an admin")]
    EmptyOrganization,

    /// This deployment does not support the list operation.
    #[error("this deployment of Anaconda cannot list {what}")]
    NoSuchListing {
        /// Objects that cannot be listed, in the plural.
        what: &'static str,
    },
}

impl Error {
    /// Reports whether the object does not exist: a 404 in the API's own error format.
    ///
    /// Returns `false` for a 404 from a proxy or for a path that the server does not serve, because
    /// it says nothing about the object.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { status: 404, documented: true, .. })
    }

    /// Reports whether the API considers the access token of this request expired or unknown, even
    /// a new one.
    #[must_use]
    pub fn is_access_token_rejected(&self) -> bool {
        match self {
            Self::Api { status: 401, .. } | Self::AccessTokenRefused { .. } => true,
            Self::Api { status: 403, code, message, .. } => {
                response::is_access_token_rejected(code.as_deref(), message)
            }
            _ => false,
        }
    }

    /// Reports whether the status is 409: the object's state does not allow the request, for
    /// example an assigned seat.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Api { status: 409, .. })
    }

    /// Reports whether the status is 402: the subscription has no available seat.
    #[must_use]
    pub fn is_no_free_seat(&self) -> bool {
        matches!(self, Self::Api { status: 402, .. })
    }

    /// Reports whether the write might have been processed, or contradicts what is known. Only a
    /// list shows the result then.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Api { status, .. } => matches!(status, 404 | 409) || *status >= 500,
            // An attempt before the last one might have reached the API.
            Self::Stopped { method, .. } => *method != "POST",
            Self::OutcomeUnknown { .. }
            | Self::Unreachable { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. } => true,
            _ => false,
        }
    }

    /// Returns the HTTP status, if there was a response.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } | Self::SignIn { status, .. } => Some(*status),
            Self::AccessTokenRefused { .. } => Some(401),
            _ => None,
        }
    }

    /// Returns the message of the server, or the error's own text if there is none.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Api { message, .. } | Self::SignIn { message, .. } => message.clone(),
            other => other.to_string(),
        }
    }

    /// Returns the fields that failed validation, as (`body.name`, reason). Empty for most errors.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        match self {
            Self::Api { fields, .. } => fields,
            _ => &[],
        }
    }

    /// Reports whether the write was certainly processed: the API returned a success that cannot be
    /// read. The created object exists and belongs to this run.
    #[must_use]
    pub fn was_processed(&self) -> bool {
        matches!(self, Self::Unreadable { method: "POST", from_api: true, .. })
    }

    /// Reports whether the write might have been processed despite this error. This is certain for
    /// a POST with an unreadable response, and possible for one with a lost response or status 5xx.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } => true,
            // Excludes 503: this variant has a 503 only with `Retry-After`, so it was not
            // processed.
            Self::Api { method, status, .. } => {
                *method == "POST" && *status >= 500 && *status != 503
            }
            Self::Unreadable { method, .. } | Self::TooLarge { method, .. } => *method == "POST",
            _ => false,
        }
    }
}

/// Text form of an error response: "422: text (code); body.name: too short".
struct ErrorResponse<'a> {
    status: u16,
    code: Option<&'a str>,
    message: &'a str,
    fields: &'a [(String, String)],
}

impl fmt::Display for ErrorResponse<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.status, self.message)?;
        if let Some(code) = self.code.filter(|code| *code != self.message) {
            write!(f, " ({code})")?;
        }
        self.fields.iter().try_for_each(|(at, what)| match at.as_str() {
            "" => write!(f, "; {what}"),
            at => write!(f, "; {at}: {what}"),
        })
    }
}

/// Returns the number of attempts in words.
fn tried(times: u32) -> String {
    if times == 1 { "tried once".to_owned() } else { format!("tried {times} times") }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(method: &'static str, status: u16, documented: bool) -> Error {
        Error::Api {
            method,
            path: "/users".into(),
            status,
            code: Some("bad_name".into()),
            message: "No".into(),
            fields: vec![("body.name".into(), "too short".into()), (String::new(), "odd".into())],
            documented,
            trace: Trace::default(),
        }
    }

    #[test]
    fn api_error_displays_as_one_line() {
        let error = refused("POST", 422, true);
        let line = "POST /users returned 422: No (bad_name); body.name: too short; odd";
        assert_eq!(error.to_string(), line);
        assert_eq!((error.message().as_str(), error.fields().len()), ("No", 2));
    }

    #[test]
    fn only_api_responses_count_as_not_found() {
        assert!(refused("GET", 404, true).is_not_found());
        assert!(!refused("GET", 404, false).is_not_found());
        assert!(!refused("GET", 410, true).is_not_found());
    }

    #[test]
    fn rejected_write_is_known_and_failed_write_is_not() {
        for status in [400, 401, 402, 404, 409, 422, 429, 503] {
            assert!(!refused("POST", status, true).outcome_unknown(), "{status}");
        }
        assert!(refused("POST", 500, true).outcome_unknown());
        assert!(!refused("DELETE", 500, true).outcome_unknown());
    }
}
