//! [`Error`]: what can go wrong with a call, one variant for each thing a caller does differently.
//!
//! No text in here holds a secret: whatever a server said has gone through the scrubber before.

use std::fmt;
use std::sync::Arc;

use super::{Grant, MissingSetting, Trace, response};

/// What went wrong with a call. Cloneable, because all who wait for one listing or one sign-in get
/// the same failure.
#[derive(Clone, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A setting that the call needs is not there.
    #[error("{0}")]
    Unavailable(MissingSetting),

    /// The settings do not make a client: a bad certificate, address or proxy.
    #[error("the connection to the API cannot be set up: {what}")]
    Setup {
        /// What is wrong, and where it comes from.
        what: String,
    },

    /// The proxy answered, and does not connect to the API. Nothing was sent to the API.
    #[error("the proxy {proxy} refused to connect to {target} with status {status}")]
    ProxyRefused {
        /// Address of the proxy, without credentials.
        proxy: String,
        /// Host and port of the API.
        target: String,
        /// Its HTTP status.
        status: u16,
    },

    /// The API, or something in front of it, answered and refused.
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
        /// The API's message, or a short text made of whatever came in its place.
        message: String,
        /// Fields that failed validation: where (`body.name`), and what is wrong with it.
        fields: Vec<(String, String)>,
        /// Whether the body had the API's own form. When not, a proxy may have answered, or
        /// nothing at all is served at this path.
        documented: bool,
        /// What to quote to Anaconda's support.
        trace: Trace,
    },

    /// Signing in was refused.
    #[error("authentication as the {grant} returned {}{trace}", ErrorResponse { status: *status, code: code.as_deref(), message, fields: &[] })]
    SignIn {
        /// Whose sign-in.
        grant: Grant,
        /// HTTP status.
        status: u16,
        /// The RFC 6749 error code, `invalid_client` or `invalid_grant`.
        code: Option<String>,
        /// What the endpoint said.
        message: String,
        /// What to quote to Anaconda's support.
        trace: Trace,
    },

    /// An access token that was made elsewhere was refused, and cannot be renewed here.
    #[error("the access token that is configured for the {grant} was rejected")]
    AccessTokenRefused {
        /// For what it was configured.
        grant: Grant,
    },

    /// No answer, and sure or harmless that nothing was changed by it: the connection could not be
    /// made, or the request is one that may be repeated.
    #[error("no response from {host} to {method} {path}, {}", tried(*attempts))]
    Unreachable {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// Host and port that were tried.
        host: String,
        /// How often it was tried.
        attempts: u32,
        /// What the last attempt met.
        source: Arc<reqwest::Error>,
    },

    /// A write was sent and its answer never came, or came from a gateway: it may or may not have
    /// been carried out. It was not repeated. Look before you try again.
    #[error("no response to {method} {path}: {why}{trace}")]
    OutcomeUnknown {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// What came in place of an answer.
        why: String,
        /// What to quote to Anaconda's support, if a gateway answered.
        trace: Trace,
        /// The failure of the connection, if that was it.
        source: Option<Arc<reqwest::Error>>,
    },

    /// An answer came and is not what the API documents.
    #[error("cannot read the response to {method} {path}: {what}{trace}")]
    Unreadable {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// The place in the answer, and what is wrong there.
        what: String,
        /// What to quote to Anaconda's support.
        trace: Trace,
        /// Whether it came from the API for all that can be told. A web page did not.
        from_api: bool,
    },

    /// An answer was larger than any this client expects.
    #[error("the response to {method} {path} is larger than {limit} bytes")]
    TooLarge {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
        /// The most that is read, in bytes.
        limit: usize,
    },

    /// The run was asked to stop while this call waited for its turn. Nothing was sent since.
    #[error("{method} {path} was not sent, because the run was canceled")]
    Stopped {
        /// HTTP method.
        method: &'static str,
        /// Path of the request, without its query.
        path: String,
    },

    /// The looks for what a lost answer was about were not all taken: not to have found it means
    /// nothing.
    #[error("the run was canceled, or the deadline passed, before a list showed the result")]
    PollInterrupted,

    /// The list of users came back empty. An organization always has an admin, so something hides
    /// them, and believing the list would make all users look deleted.
    #[error("the list of users is empty, but an organization always has an admin")]
    EmptyOrganization,

    /// This deployment has no such listing.
    #[error("this deployment of Anaconda cannot list {what}")]
    NoSuchListing {
        /// What cannot be listed, in the plural.
        what: &'static str,
    },
}

impl Error {
    /// The thing is not there: a 404 in the API's own form. A 404 from a proxy or of a path that
    /// is not served says nothing about the thing, and answers `false`.
    #[must_use]
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Api { status: 404, documented: true, .. })
    }

    /// The API took the bearer of this call for ended or unknown, also a new one.
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

    /// 409: the thing is in a state that does not allow this, such as a seat assigned already.
    #[must_use]
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Api { status: 409, .. })
    }

    /// 402: no seat of the subscription is free.
    #[must_use]
    pub fn is_no_free_seat(&self) -> bool {
        matches!(self, Self::Api { status: 402, .. })
    }

    /// Whether a write with this failure may have been processed, or contradicts what is known: only a
    /// list tells then.
    #[must_use]
    pub fn is_doubtful(&self) -> bool {
        match self {
            Self::Api { status, .. } => matches!(status, 404 | 409) || *status >= 500,
            // An attempt before the last one may have arrived.
            Self::Stopped { method, .. } => *method != "POST",
            Self::OutcomeUnknown { .. }
            | Self::Unreachable { .. }
            | Self::Unreadable { .. }
            | Self::TooLarge { .. } => true,
            _ => false,
        }
    }

    /// The HTTP status, where one came.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Api { status, .. } | Self::SignIn { status, .. } => Some(*status),
            Self::AccessTokenRefused { .. } => Some(401),
            _ => None,
        }
    }

    /// What the server said, where it said something; else the error's own text.
    #[must_use]
    pub fn message(&self) -> String {
        match self {
            Self::Api { message, .. } | Self::SignIn { message, .. } => message.clone(),
            other => other.to_string(),
        }
    }

    /// The fields that failed validation, as (`body.name`, what is wrong). Empty for most errors.
    #[must_use]
    pub fn fields(&self) -> &[(String, String)] {
        match self {
            Self::Api { fields, .. } => fields,
            _ => &[],
        }
    }

    /// Whether the write was carried out, without doubt: the API answered it with a success that
    /// cannot be read. What it made is there then, and is ours.
    #[must_use]
    pub fn was_processed(&self) -> bool {
        matches!(self, Self::Unreadable { method: "POST", from_api: true, .. })
    }

    /// Whether the write may have been carried out in spite of this error. True without doubt for
    /// a POST whose answer cannot be read, possible for one that was lost or answered 5xx.
    #[must_use]
    pub fn outcome_unknown(&self) -> bool {
        match self {
            Self::OutcomeUnknown { .. } => true,
            // 503 is left out: it became this variant only with a `Retry-After`, so not carried out.
            Self::Api { method, status, .. } => {
                *method == "POST" && *status >= 500 && *status != 503
            }
            Self::Unreadable { method, .. } | Self::TooLarge { method, .. } => *method == "POST",
            _ => false,
        }
    }
}

/// How a refusal reads: "422: text (code); body.name: too short".
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

/// How often, in words.
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
