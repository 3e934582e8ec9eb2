//! Diagnostics for errors of the API client.
//!
//! Each message says what happened to which request, then what to do. The API response is the last
//! paragraph, which begins with [`RESPONSE`].

use std::error::Error as _;
use std::fmt::Write as _;

use super::credentials::{ADMIN, CredentialKind, SERVICE_ACCOUNT};
use crate::client::{Error, Grant};
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics};

/// The beginning of the paragraph with the API response.
pub(crate) const RESPONSE: &str = "API response: ";

impl From<Error> for Diagnostics {
    fn from(error: Error) -> Self {
        diagnose(&error).into()
    }
}

fn diagnose(error: &Error) -> Diagnostic {
    let (summary, advice) = match error {
        Error::Unavailable(why) => return Diagnostic::error(&why.summary, &why.detail),
        Error::Setup { .. } => (
            "Invalid HTTP client configuration",
            "Check `base_url`, `proxy_url`, and the certificates (`ca_cert_file`, `ca_cert_pem`, \
             `client_cert_file`, `client_cert_pem`, `client_key_file`, `client_key_pem`) in the \
             provider block."
                .to_owned(),
        ),
        Error::ProxyRefused { status, target, .. } => (
            "Unable to connect through the proxy",
            proxy_advice(*status, target),
        ),
        // Check this first, whatever the wording: a 403 might also be about the access token.
        Error::Api { .. } if error.is_access_token_rejected() => rejected(401),
        Error::Api { status: 404, .. } if names_organization(error) => (
            "Organization not found",
            "The API does not know this organization, or the credentials do not belong to it. Check \
             `organization_id` in the provider block, or the environment variable \
             `ANACONDA_ORGANIZATION_ID`: the last part of the URL of the organization's page, \
             anaconda.com/app/organizations/<ORGANIZATION_ID>."
                .to_owned(),
        ),
        Error::Api { status, .. } => rejected(*status),
        Error::SignIn { grant, status, .. } => (
            "Authentication failed",
            format!("The request made no changes. {}", authentication_advice(*grant, *status)),
        ),
        Error::AccessTokenRefused { grant } => (
            "Configured access token rejected",
            format!(
                "The access token expired or belongs to another organization. The provider cannot renew \
                 it. Set a new access token in `{}` ({}), or set {} instead.",
                kind(*grant).bearer.0,
                kind(*grant).bearer.1,
                pair(kind(*grant))
            ),
        ),
        Error::Unreachable { .. } => (
            "Unable to reach the Anaconda API",
            "Check the network, the proxy, and `base_url` in the provider block (or ANACONDA_BASE_URL). \
             If the certificate of the server is not trusted, set `ca_cert_file`. If the server requires a \
             client certificate, set `client_cert_file` and `client_key_file`. Running the command again \
             is safe."
                .to_owned(),
        ),
        Error::OutcomeUnknown { .. } => (
            "Request outcome unknown",
            "The API might have processed the request. The provider did not retry it, because a retry \
             might create a duplicate. Check the organization's page: if the object exists, import it; \
             otherwise, apply again."
                .to_owned(),
        ),
        Error::Unreadable { .. } | Error::TooLarge { .. } => (
            "Unexpected API response",
            "Check that `base_url`, `api_path`, and `token_path` in the provider block point to the \
             Anaconda API. If they do, report this issue to the provider developers."
                .to_owned(),
        ),
        Error::Stopped { .. } | Error::PollInterrupted => (
            "Operation canceled",
            "Run the command again to continue.".to_owned(),
        ),
        Error::EmptyOrganization => (
            "User list is empty",
            "The request made no changes. Check `organization_id`, and the permissions of the service \
             account."
                .to_owned(),
        ),
        Error::NoSuchListing { .. } => (
            "List operation not supported",
            "This Anaconda deployment uses the legacy API. Use the ID instead of an email address or a \
             name; it is in the state, or on the organization's page."
                .to_owned(),
        ),
    };
    let detail = match api_response(error) {
        Some((happened, response)) => format!("{happened}\n\n{advice}\n\n{RESPONSE}{response}"),
        None => format!("{}\n\n{advice}", with_causes(error)),
    };
    let diagnostic = Diagnostic::error(summary, detail);
    match argument(error) {
        Some(name) => diagnostic.at(name),
        None => diagnostic,
    }
}

/// Returns what happened, and the API response: status, message, code, and the rejected fields.
///
/// Returns `None` if no server rejected the request.
fn api_response(error: &Error) -> Option<(String, String)> {
    let (happened, status, message, code, trace) = match error {
        Error::Api { method, path, status, message, code, trace, .. } => {
            (format!("{method} {path} returned {status}."), status, message, code, trace)
        }
        Error::SignIn { grant, status, message, code, trace } => {
            let happened =
                format!("The token endpoint returned {status} to the credentials of the {grant}.");
            (happened, status, message, code, trace)
        }
        _ => return None,
    };
    let mut response = format!("{status} {message}");
    if let Some(code) = code.as_ref().filter(|code| *code != message) {
        let _ = write!(response, " ({code})");
    }
    for (at, what) in error.fields() {
        let _ = match at.as_str() {
            "" => write!(response, "; {what}"),
            at => write!(response, "; {at}: {what}"),
        };
    }
    let _ = write!(response, "{trace}");
    Some((happened, response))
}

/// Returns the last paragraph of a message about this error: the API response or, without one, the
/// cause.
pub(crate) fn cause(error: &Error) -> String {
    match api_response(error) {
        Some((_, response)) => format!("{RESPONSE}{response}"),
        None => format!("Cause: {}", with_causes(error)),
    }
}

/// Returns the error and its causes in one sentence.
fn with_causes(error: &Error) -> String {
    let mut text = capitalized(&error.to_string());
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let what = deeper.to_string();
        if !is_library_wrapper(&what) {
            let _ = write!(text, ": {what}");
        }
        cause = deeper.source();
    }
    if !text.ends_with('.') {
        text.push('.');
    }
    text
}

/// Returns what to check after the token endpoint returned no access token.
fn authentication_advice(grant: Grant, status: u16) -> String {
    match (status, grant) {
        (200 | 300..=399 | 404 | 405, _) => {
            "The token endpoint is not at this URL. Check `base_url` and `token_path` in the provider \
             block: the default of `token_path` is `/api/iam/token`, and Anaconda's discovery document \
             also lists `/api/auth/oauth2/token`. If a proxy requires authentication, set \
             `extra_headers` or a client certificate."
                .to_owned()
        }
        (_, Grant::Admin) => format!(
            "Check {}, and that the organization admin still exists. Anaconda calls authentication with \
             a password deprecated, and single sign-on turns it off. In that case, create the service \
             account on the organization's page.",
            pair(&ADMIN)
        ),
        (_, grant) => format!("Check {}, and that the {grant} still exists.", pair(kind(grant))),
    }
}

/// Reports whether a cause only names the part of the HTTP library that passed it on.
fn is_library_wrapper(cause: &str) -> bool {
    cause.starts_with("error sending request") || cause.starts_with("client error (")
}

/// Reports whether the API does not know the organization, as opposed to an object in it.
fn names_organization(error: &Error) -> bool {
    let Error::Api { code, message, documented: true, .. } = error else { return false };
    let is_code = |code: &String| code.to_lowercase().contains("organization");
    let message = message.to_lowercase();
    code.as_ref().is_some_and(is_code)
        || (message.contains("organization") && message.contains("not found"))
}

fn proxy_advice(status: u16, target: &str) -> String {
    match status {
        407 => "The proxy requires credentials. Add them to the URL in `proxy_url` in the provider block, \
                or in the environment variable `HTTPS_PROXY`: \
                http://<USER>:<PASSWORD>@<HOST>:<PORT>. Percent-encode special characters."
            .to_owned(),
        _ => format!(
            "No request was sent to the API. Ask the administrator of the proxy to allow connections to \
             {target}. If the API can be reached without the proxy, add its host to the environment \
             variable `NO_PROXY`, and remove `proxy_url` from the provider block."
        ),
    }
}

/// Returns the summary and the advice for an HTTP status.
fn rejected(status: u16) -> (&'static str, String) {
    match status {
        300..=399 => (
            "Unexpected redirect",
            "The provider does not follow redirects, so that it sends credentials only to the configured \
             host. Set `base_url` in the provider block to the URL of the API. If it is correct, a proxy \
             might require authentication."
                .to_owned(),
        ),
        401 => (
            "New access token rejected",
            "Authentication succeeded, but the API rejected two new access tokens. Check that `base_url`, \
             `api_path`, and `token_path` in the provider block belong to the same deployment, and that \
             the service account (for users, seats, and tokens) or the admin (for service accounts) still \
             exists."
                .to_owned(),
        ),
        403 => (
            "Permission denied",
            "Check that `organization_id` is correct, and that the service account (for users, seats, and \
             tokens) or the admin (for service accounts) belongs to this organization and has the \
             permission."
                .to_owned(),
        ),
        404 => (
            "Object not found",
            "Check `organization_id`, `base_url`, and `api_path` in the provider block. If they are \
             correct, the object was deleted in the meantime: run `terraform plan` again."
                .to_owned(),
        ),
        422 => (
            "API validation failed",
            "The request made no changes. Correct the value that the API response names, and apply again."
                .to_owned(),
        ),
        429 => (
            "Rate limit exceeded",
            "The API limits the rate of requests, and rejected also the last attempt that `max_retries` \
             in the provider block allows. Wait, then run the command again. To send fewer requests at \
             once, lower `max_concurrent_requests` or `-parallelism`. To wait longer, raise `max_retries`."
                .to_owned(),
        ),
        500..=599 => (
            "Anaconda API server error",
            "Run the command again later. If the error persists, check the Anaconda status page, or \
             contact Anaconda support."
                .to_owned(),
        ),
        _ => (
            "Request rejected by the API",
            "The request made no changes. Resolve the problem that the API response describes, then run \
             the command again."
                .to_owned(),
        ),
    }
}

fn kind(grant: Grant) -> &'static CredentialKind {
    match grant {
        Grant::ServiceAccount => &SERVICE_ACCOUNT,
        Grant::Admin => &ADMIN,
    }
}

/// Returns the two arguments that belong together, with their environment variables.
fn pair(kind: &CredentialKind) -> String {
    let (id, secret) = (kind.id, kind.secret);
    format!("`{}` and `{}` in the provider block ({} and {})", id.0, secret.0, id.1, secret.1)
}

/// The fields of the API that have the same name as an argument.
const SAME_NAME: [&str; 7] = [
    "email",
    "first_name",
    "last_name",
    "name",
    "user_id",
    "expires_at",
    "expiration_tolerance_months",
];

/// Returns the argument whose value the API rejected: the last name in `body.first_name`.
fn argument(error: &Error) -> Option<&str> {
    let (place, _) = error.fields().first()?;
    let name = place.rsplit('.').next()?;
    SAME_NAME.into_iter().find(|known| *known == name)
}

/// Returns the text with a capital first letter.
pub(crate) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    match letters.next() {
        Some(first) => first.to_uppercase().chain(letters).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tf_provider::path::Path;

    fn api(status: u16, fields: Vec<(String, String)>) -> Diagnostic {
        diagnose(&Error::Api {
            method: "POST",
            path: "/organizations/acme/users".to_owned(),
            status,
            code: None,
            message: "no".to_owned(),
            fields,
            documented: true,
            trace: crate::client::Trace::default(),
        })
    }

    #[test]
    fn unknown_organization_differs_from_unknown_object() {
        let diagnosed = |code: Option<&str>, message: &str| {
            diagnose(&Error::Api {
                method: "DELETE",
                path: "/organizations/acme/users/1".to_owned(),
                status: 404,
                code: code.map(str::to_owned),
                message: message.to_owned(),
                fields: Vec::new(),
                documented: true,
                trace: crate::client::Trace::default(),
            })
        };
        for it in [
            diagnosed(Some("organization_not_found"), "no"),
            diagnosed(None, "Organization not found"),
        ] {
            assert!(it.detail.contains("ANACONDA_ORGANIZATION_ID"), "{}", it.detail);
            assert!(!it.detail.contains("in the meantime"), "{}", it.detail);
        }
        let user = diagnosed(Some("user_not_found"), "User not found");
        assert_eq!(user.summary, "Object not found");
    }

    #[test]
    fn rate_limit_error_promises_no_retry() {
        let diagnosed = api(429, Vec::new());
        assert!(diagnosed.detail.contains("max_retries") && !diagnosed.detail.contains("retried"));
    }

    #[test]
    fn rejected_value_error_points_at_attribute() {
        let fields = vec![("body.email".to_owned(), "not an address".to_owned())];
        let diagnosed = api(422, fields);
        assert_eq!(diagnosed.path, Path::attribute("email"));
        let response = "API response: 422 no; body.email: not an address";
        assert!(diagnosed.detail.ends_with(response), "{}", diagnosed.detail);
    }

    #[test]
    fn each_status_has_own_summary_and_api_message() {
        let mut summaries = std::collections::BTreeSet::new();
        for status in [301, 401, 403, 404, 422, 429, 500, 418] {
            let diagnosed = api(status, Vec::new());
            assert!(diagnosed.detail.contains("no"), "{}", diagnosed.detail);
            summaries.insert(diagnosed.summary);
        }
        assert_eq!(summaries.len(), 8);
    }
}
