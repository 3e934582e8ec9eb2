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
            "Check `base_url`, `proxy_url`, `ca_cert_file` and `ca_cert_pem` of the provider block."
                .to_owned(),
        ),
        Error::Api { status, .. } => refused(*status),
        Error::SignIn { grant, .. } => ("Signing in to Anaconda failed", check(kind(*grant))),
        Error::Unreachable { .. } => (
            "Anaconda cannot be reached",
            "Nothing was changed by this request. Check the network, the proxy, and `base_url` of \
             the provider block; then run the same command again."
                .to_owned(),
        ),
        Error::OutcomeUnknown { .. } => (
            "The outcome of a request is not known",
            "It was not sent again, as that could make the same thing twice. Look in the \
             organization whether it is there: if so, import it; if not, apply again."
                .to_owned(),
        ),
        Error::Unreadable { .. } | Error::TooLarge { .. } => (
            "Anaconda's answer cannot be used",
            "Check that `base_url`, `api_path` and `token_path` of the provider block lead to \
             Anaconda's API. If they do, please report this."
                .to_owned(),
        ),
        Error::Stopped { .. } => (
            "Interrupted",
            "The run was interrupted before this request was sent. Apply again to go on.".to_owned(),
        ),
        Error::EmptyOrganization => (
            "The organization shows no users",
            "Nothing was changed. Check `organization_id`, and what the service account may see."
                .to_owned(),
        ),
        _ => ("Anaconda cannot do this", String::new()),
    };
    let mut detail = capitalized(&error.to_string());
    let mut cause = error.source();
    while let Some(deeper) = cause {
        let _ = write!(detail, ": {deeper}");
        cause = deeper.source();
    }
    if !detail.ends_with('.') {
        detail.push('.');
    }
    if !advice.is_empty() {
        let _ = write!(detail, "\n\n{advice}");
    }
    let diagnostic = Diagnostic::error(summary, detail);
    match argument(error) {
        Some(name) => diagnostic.at(name),
        None => diagnostic,
    }
}

/// What an HTTP status means to the user.
fn refused(status: u16) -> (&'static str, String) {
    match status {
        300..=399 => (
            "Anaconda's API is somewhere else",
            "Redirects are not followed, so that credentials go to the configured host only. Set \
             `base_url` of the provider block to the address where the API really is."
                .to_owned(),
        ),
        401 => (
            "Anaconda does not accept the sign-in",
            format!(
                "A new bearer was tried and refused too. For users, seats and tokens: {} For service \
                 accounts: {}",
                check(&SERVICE_ACCOUNT),
                check(&ADMIN)
            ),
        ),
        403 => (
            "Anaconda does not allow this",
            "Check that the credentials belong to this organization, and that the admin is one."
                .to_owned(),
        ),
        404 => (
            "Anaconda does not find it",
            "Check `organization_id`, `base_url` and `api_path` of the provider block. If they are \
             right, the object was removed in the meantime: plan again."
                .to_owned(),
        ),
        422 => ("Anaconda refuses the values", "Correct the named value and apply again.".to_owned()),
        429 => (
            "Anaconda asks for fewer requests",
            "The request was repeated and refused each time. Wait a while and apply again; a lower \
             `max_concurrent_requests` or `-parallelism` helps."
                .to_owned(),
        ),
        500..=599 => (
            "Anaconda has a failure of its own",
            "Apply again later. If it stays, Anaconda's status page or support can tell more."
                .to_owned(),
        ),
        _ => ("Anaconda refuses this", String::new()),
    }
}

fn kind(grant: Grant) -> &'static Kind {
    match grant {
        Grant::ServiceAccount => &SERVICE_ACCOUNT,
        Grant::Admin => &ADMIN,
    }
}

fn check(kind: &Kind) -> String {
    format!(
        "check `{}` and `{}` of the provider block ({} and {}), or the bearer in `{}` ({}).",
        kind.id.0, kind.secret.0, kind.id.1, kind.secret.1, kind.bearer.0, kind.bearer.1
    )
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
        })
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
