//! From a failure of the API client to what the user is told, with advice.

use std::error::Error as _;
use std::fmt::Write as _;

use super::credentials::{ADMIN, Kind, SERVICE_ACCOUNT};
use crate::client::{Error, Grant};
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics};

impl From<Error> for Diagnostics {
    fn from(error: Error) -> Self {
        diagnose(&error).into()
    }
}

fn diagnose(error: &Error) -> Diagnostic {
    let (summary, advice) = match error {
        Error::Unavailable(why) => return Diagnostic::error(&why.summary, &why.detail),
        Error::Setup { .. } => (
            "Connection to Anaconda cannot be set up",
            "Check `base_url`, `proxy_url`, and the certificates: `ca_cert_file` or `ca_cert_pem`, \
             `client_cert_file` or `client_cert_pem`, `client_key_file` or `client_key_pem`."
                .to_owned(),
        ),
        Error::ProxyRefused { status, target, .. } => (
            "The proxy refuses the connection",
            the_proxy_refuses(*status, target),
        ),
        // However it is said: a 403 may mean the bearer, too.
        Error::Api { .. } if error.is_bearer_refused() => refused(401),
        Error::Api { status: 404, .. } if names_organization(error) => (
            "Organization not found",
            "The API does not know this organization, or the credentials do not belong to it. Check \
             `organization_id` in the provider block, or the environment variable \
             `ANACONDA_ORGANIZATION_ID`: the last part of the URL of the organization's page, \
             anaconda.com/app/organizations/<ID>."
                .to_owned(),
        ),
        Error::Api { status, .. } => refused(*status),
        Error::SignIn { grant, status, .. } => (
            "Signing in to Anaconda failed",
            format!("Nothing was changed by this request. {}", sign_in_advice(*grant, *status)),
        ),
        Error::AccessTokenRefused { grant } => (
            "The configured access token is refused",
            format!(
                "It has expired, or belongs to another organization, and cannot be renewed here. Put \
                 a new one into `{}` ({}), or configure {} in its place.",
                kind(*grant).bearer.0,
                kind(*grant).bearer.1,
                pair(kind(*grant))
            ),
        ),
        Error::Unreachable { .. } => (
            "Anaconda cannot be reached",
            "Nothing was changed by this request. Check the network, the proxy, and `base_url` of \
             the provider block (or ANACONDA_BASE_URL); where a certificate is not trusted, \
             `ca_cert_file`. Then run the same command again."
                .to_owned(),
        ),
        Error::OutcomeUnknown { .. } => (
            "The outcome of a request is not known",
            "It may have been carried out, and was not sent again, as that could do the same thing \
             twice. Look at the organization's page: if it is done, import what is there; if not, \
             apply again."
                .to_owned(),
        ),
        Error::Unreadable { .. } | Error::TooLarge { .. } => (
            "Anaconda's answer cannot be used",
            "Check that `base_url`, `api_path` and `token_path` of the provider block lead to \
             Anaconda's API. If they do, please report this."
                .to_owned(),
        ),
        Error::Stopped { .. } | Error::PollInterrupted => (
            "Interrupted",
            "Run the same command again to go on.".to_owned(),
        ),
        Error::EmptyOrganization => (
            "The organization shows no users",
            "Nothing was changed by this request. Check `organization_id`, and what the service \
             account may see."
                .to_owned(),
        ),
        Error::NoSuchListing { .. } => (
            "This deployment has no such list",
            "Give the id in place of an address or a name; it is in the state, or on the \
             organization's page."
                .to_owned(),
        ),
    };
    let mut detail = capitalized(&error.to_string());
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let text = deeper.to_string();
        if !is_plumbing(&text) {
            let _ = write!(detail, ": {text}");
        }
        cause = deeper.source();
    }
    if !detail.ends_with('.') {
        detail.push('.');
    }
    let _ = write!(detail, "\n\n{advice}");
    let diagnostic = Diagnostic::error(summary, detail);
    match argument(error) {
        Some(name) => diagnostic.at(name),
        None => diagnostic,
    }
}

/// What to check after the token endpoint gave no access token.
fn sign_in_advice(grant: Grant, status: u16) -> String {
    match (status, grant) {
        (200 | 300..=399 | 404 | 405, _) => {
            "The token endpoint is not at this URL. Check `base_url` and `token_path` in the provider \
             block: the default of `token_path` is `/api/iam/token`, and Anaconda's discovery document \
             also lists `/api/auth/oauth2/token`. If a proxy asks for a sign-in, set `extra_headers` or \
             a client certificate."
                .to_owned()
        }
        (_, Grant::Admin) => format!(
            "Check {}, and that the organization admin still exists. Anaconda calls password sign-in \
             deprecated, and single sign-on ends it: then create the service account on the \
             organization's page.",
            pair(&ADMIN)
        ),
        (_, grant) => format!("Check {}, and that the {grant} still exists.", pair(kind(grant))),
    }
}

/// Whether a cause only names the part of the HTTP library that passed it on.
fn is_plumbing(cause: &str) -> bool {
    cause.starts_with("error sending request") || cause.starts_with("client error (")
}

/// Whether the API says that it does not know the organization, and not the object in it.
fn names_organization(error: &Error) -> bool {
    let Error::Api { code, message, documented: true, .. } = error else { return false };
    let is_code = |code: &String| code.to_lowercase().contains("organization");
    let message = message.to_lowercase();
    code.as_ref().is_some_and(is_code)
        || (message.contains("organization") && message.contains("not found"))
}

fn the_proxy_refuses(status: u16, target: &str) -> String {
    match status {
        407 => "The proxy requires credentials. Add them to the URL in `proxy_url` of the provider block, \
                or in the environment variable `HTTPS_PROXY`: \
                http://<USER>:<PASSWORD>@<PROXY>:<PORT>. Escape special characters with percent signs."
            .to_owned(),
        _ => format!(
            "The API was not asked. Let the administrator of the proxy allow connections to {target}. If \
             the API can be reached without the proxy, add its host to the environment variable \
             `NO_PROXY`, and remove `proxy_url` from the provider block."
        ),
    }
}

/// What an HTTP status means to the user.
fn refused(status: u16) -> (&'static str, String) {
    match status {
        300..=399 => (
            "Anaconda's API is somewhere else",
            "Redirects are not followed, so that credentials go to the configured host only. Set \
             `base_url` of the provider block to the address where the API really is; if it is right, \
             a proxy may want you to sign in first."
                .to_owned(),
        ),
        401 => (
            "Signed in, and refused all the same",
            "Signing in worked, and the API took neither that sign-in nor another one. Check that \
             `base_url`, `api_path` and `token_path` of the provider block lead to the same \
             deployment, and that the service account (for users, seats and tokens) or the admin (for \
             service accounts) still exists."
                .to_owned(),
        ),
        403 => (
            "Anaconda does not allow this",
            "Check that `organization_id` is right, and that the service account (for users, seats \
             and tokens) or the admin (for service accounts) belongs to it and may do this."
                .to_owned(),
        ),
        404 => (
            "Anaconda does not find it",
            "Check `organization_id`, `base_url` and `api_path` of the provider block. If they are \
             right, the object was removed in the meantime: plan again."
                .to_owned(),
        ),
        422 => (
            "Anaconda refuses the values",
            "Nothing was changed by this request. Correct the value that is named above, and apply \
             again."
                .to_owned(),
        ),
        429 => (
            "Anaconda asks for fewer requests",
            "The API limits the rate of requests, and rejected also the last attempt that `max_retries` \
             in the provider block allows. Wait a while, and run the same command again. A lower \
             `max_concurrent_requests` or `-parallelism` sends fewer requests at once; a higher \
             `max_retries` waits longer."
                .to_owned(),
        ),
        500..=599 => (
            "Anaconda has a failure of its own",
            "Run the same command again later. If it stays, Anaconda's status page or support can \
             tell more."
                .to_owned(),
        ),
        _ => (
            "Anaconda refuses this",
            "Nothing was changed by this request. The answer above says why; correct that, and run the \
             same command again."
                .to_owned(),
        ),
    }
}

fn kind(grant: Grant) -> &'static Kind {
    match grant {
        Grant::ServiceAccount => &SERVICE_ACCOUNT,
        Grant::Admin => &ADMIN,
    }
}

/// The two arguments that belong together, with their variables.
fn pair(kind: &Kind) -> String {
    let (id, secret) = (kind.id, kind.secret);
    format!("`{}` and `{}` of the provider block ({} and {})", id.0, secret.0, id.1, secret.1)
}

/// Fields of the API that have the same name as an argument.
const SAME_NAME: [&str; 7] = [
    "email",
    "first_name",
    "last_name",
    "name",
    "user_id",
    "expires_at",
    "expiration_tolerance_months",
];

/// The argument that the API found at fault: the last name in `body.first_name`.
fn argument(error: &Error) -> Option<&str> {
    let (place, _) = error.fields().first()?;
    let name = place.rsplit('.').next()?;
    SAME_NAME.into_iter().find(|known| *known == name)
}

/// The text with a capital at its beginning.
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
    fn an_unknown_organization_is_told_from_an_unknown_object() {
        let told = |code: Option<&str>, message: &str| {
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
        for it in [told(Some("organization_not_found"), "no"), told(None, "Organization not found")]
        {
            assert!(it.detail.contains("ANACONDA_ORGANIZATION_ID"), "{}", it.detail);
            assert!(!it.detail.contains("removed in the meantime"), "{}", it.detail);
        }
        let user = told(Some("user_not_found"), "User not found");
        assert_eq!(user.summary, "Anaconda does not find it");
    }

    #[test]
    fn a_rate_limit_claims_no_repetition() {
        let told = api(429, Vec::new());
        assert!(told.detail.contains("max_retries") && !told.detail.contains("repeated"));
    }

    #[test]
    fn a_value_that_the_api_refuses_is_pointed_at() {
        let fields = vec![("body.email".to_owned(), "not an address".to_owned())];
        let told = api(422, fields);
        assert_eq!(told.path, Path::attribute("email"));
        assert!(told.detail.contains("not an address"), "{}", told.detail);
    }

    #[test]
    fn every_status_has_a_summary_of_its_own_and_keeps_the_message() {
        let mut summaries = std::collections::BTreeSet::new();
        for status in [301, 401, 403, 404, 422, 429, 500, 418] {
            let told = api(status, Vec::new());
            assert!(told.detail.contains("no"), "{}", told.detail);
            summaries.insert(told.summary);
        }
        assert_eq!(summaries.len(), 8);
    }
}
