//! The token endpoint: `POST /api/iam/token`, both grants of RFC 6749 that the API documents.

use axum::Json;
use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::form;
use super::issued_tokens::Principal;
use super::state::{SandboxState, Shared};

/// Where bearers are given out.
pub(crate) const TOKEN_PATH: &str = "/api/iam/token";

const FORM: &str = "application/x-www-form-urlencoded";

/// An error of RFC 6749, section 5.2.
#[derive(Debug)]
struct OAuthError {
    status: StatusCode,
    error: &'static str,
    description: &'static str,
}

/// Signs in with `grant_type=client_credentials` (`client_id`, `client_secret` of a service
/// account) or `grant_type=password` (`username`, `password` of the admin).
///
/// Parameters beyond those are ignored, as section 3.2 wants; repeated ones are refused.
pub(crate) async fn sign_in(
    State(shared): State<Shared>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let answer = check_form(query.as_deref(), &headers)
        .and_then(|()| Parameters::read(&body))
        .and_then(|parameters| shared.with(|state| grant(state, &parameters)));
    let no_store = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];
    (no_store, answer).into_response()
}

fn grant(state: &mut SandboxState, parameters: &Parameters) -> Result<Response, OAuthError> {
    let principal = match parameters.get("grant_type")? {
        "client_credentials" => {
            let client_id = parameters.get("client_id")?;
            let client_secret = parameters.get("client_secret")?;
            if !state.org.knows_service_account(client_id, client_secret) {
                return Err(OAuthError {
                    status: StatusCode::UNAUTHORIZED,
                    error: "invalid_client",
                    description: "Client authentication failed",
                });
            }
            Principal::ServiceAccount { client_id: client_id.to_owned() }
        }
        "password" => {
            if !state.knows_admin(parameters.get("username")?, parameters.get("password")?) {
                return Err(bad_request("invalid_grant", "Invalid username or password"));
            }
            Principal::Admin
        }
        _ => {
            let description = "The grant type is neither client_credentials nor password";
            return Err(bad_request("unsupported_grant_type", description));
        }
    };
    let bearer = state.sign_in(principal);
    let seconds = state.bearer_lifetime.as_secs();
    Ok(Json(json!({"access_token": bearer, "token_type": "Bearer", "expires_in": seconds}))
        .into_response())
}

fn check_form(query: Option<&str>, headers: &HeaderMap) -> Result<(), OAuthError> {
    if query.is_some_and(|query| !query.is_empty()) {
        return Err(invalid_request("Parameters must be in the body, not in the query"));
    }
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    if media_type.is_some_and(|found| found.eq_ignore_ascii_case(FORM)) {
        Ok(())
    } else {
        Err(invalid_request("The content type must be application/x-www-form-urlencoded"))
    }
}

/// The fields of the form. Not `Debug`: there are secrets among them.
struct Parameters(Vec<(String, String)>);

impl Parameters {
    fn read(body: &Bytes) -> Result<Self, OAuthError> {
        let pairs = std::str::from_utf8(body).ok().and_then(form::pairs);
        let pairs = pairs.ok_or(invalid_request("The form is not correctly encoded"))?;
        let mut names = std::collections::HashSet::new();
        if pairs.iter().all(|(name, _)| names.insert(name)) {
            Ok(Self(pairs))
        } else {
            Err(invalid_request("A parameter is repeated"))
        }
    }

    /// A parameter that has to be there. An empty one counts as absent (section 3.2).
    fn get(&self, name: &str) -> Result<&str, OAuthError> {
        let found = self.0.iter().find(|(found, value)| found == name && !value.is_empty());
        found
            .map(|(_, value)| value.as_str())
            .ok_or(invalid_request("A required parameter is missing"))
    }
}

fn invalid_request(description: &'static str) -> OAuthError {
    bad_request("invalid_request", description)
}

fn bad_request(error: &'static str, description: &'static str) -> OAuthError {
    OAuthError { status: StatusCode::BAD_REQUEST, error, description }
}

impl IntoResponse for OAuthError {
    fn into_response(self) -> Response {
        let body = json!({"error": self.error, "error_description": self.description});
        (self.status, Json(body)).into_response()
    }
}
