//! [`ApiError`]: error responses with the two bodies of the API, or with the page of a router.

use axum::Json;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::org::OrgError;

/// The reason for an error response.
#[derive(Debug)]
pub(crate) enum ApiError {
    /// A rule of the organization stands against it.
    Refused(OrgError),
    /// The request itself is not what the OpenAPI document asks for: 422.
    Invalid(Vec<Problem>),
    /// The bearer is missing, unknown or expired: 401.
    NotSignedIn,
    /// The bearer is of the kind that may not do this: 403. Holds the grant that may.
    WrongGrant(&'static str),
    /// There is no organization with this id: 404.
    NoSuchOrganization,
    /// There is no rule for faults with this id: 404.
    NoSuchRule,
    /// There is no such path: 404 as from a router, without the API's body.
    NoSuchPath,
    /// There is no such method on this path: 405 as from a router.
    NoSuchMethod,
    /// More requests than are taken: 429. Holds after how many seconds to come again.
    TooMany(u64),
    /// The body is larger than anything the API takes: 413 as from a proxy.
    TooLarge,
    /// The change was made but could not be kept in the state file: 500.
    NotKept(String),
}

/// One thing that is wrong with a request.
#[derive(Debug)]
pub(crate) struct Problem {
    /// Where: `body`, `query` or `path`, then the field, then an index.
    pub(crate) at: Vec<Value>,
    /// For programs.
    pub(crate) kind: &'static str,
    /// For people.
    pub(crate) message: String,
}

impl Problem {
    /// A problem of a whole part of the request.
    pub(crate) fn of(part: &str, kind: &'static str, message: &str) -> Self {
        Self { at: vec![part.into()], kind, message: message.to_owned() }
    }

    /// A problem of one field.
    pub(crate) fn at(part: &str, field: &str, kind: &'static str, message: &str) -> Self {
        Self { at: vec![part.into(), field.into()], kind, message: message.to_owned() }
    }
}

impl From<OrgError> for ApiError {
    fn from(error: OrgError) -> Self {
        Self::Refused(error)
    }
}

impl From<Problem> for ApiError {
    fn from(problem: Problem) -> Self {
        Self::Invalid(vec![problem])
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        match self {
            Self::Refused(error) => {
                let (status, code) = status_and_code(error);
                api_error(status, code, &error.to_string())
            }
            Self::Invalid(problems) => {
                let detail: Vec<Value> = problems
                    .into_iter()
                    .map(|p| json!({"loc": p.at, "msg": p.message, "type": p.kind}))
                    .collect();
                let body = Json(json!({ "detail": detail }));
                (StatusCode::UNPROCESSABLE_ENTITY, body).into_response()
            }
            Self::NotSignedIn => {
                let message = "The access token is missing, unknown, or expired";
                let mut answer = api_error(StatusCode::UNAUTHORIZED, "unauthorized", message);
                answer.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
                answer
            }
            Self::WrongGrant(grant) => {
                let message =
                    format!("This operation requires an access token of the {grant} grant");
                api_error(StatusCode::FORBIDDEN, "forbidden", &message)
            }
            Self::NoSuchOrganization => {
                api_error(StatusCode::NOT_FOUND, "organization_not_found", "Organization not found")
            }
            Self::NoSuchRule => {
                api_error(StatusCode::NOT_FOUND, "fault_not_found", "Fault rule not found")
            }
            Self::TooMany(seconds) => {
                let message = "Too many requests";
                let mut answer =
                    api_error(StatusCode::TOO_MANY_REQUESTS, "too_many_requests", message);
                answer.headers_mut().insert(RETRY_AFTER, seconds.into());
                answer
            }
            Self::NoSuchPath => page(StatusCode::NOT_FOUND),
            Self::NoSuchMethod => page(StatusCode::METHOD_NOT_ALLOWED),
            Self::TooLarge => page(StatusCode::PAYLOAD_TOO_LARGE),
            Self::NotKept(why) => {
                let message = format!(
                    "The change was made, but the sandbox failed to write its state file: {why}"
                );
                api_error(StatusCode::INTERNAL_SERVER_ERROR, "state_file", &message)
            }
        }
    }
}

/// Status as documented; the words for programs are our own, as no published text names them.
fn status_and_code(error: OrgError) -> (StatusCode, &'static str) {
    match error {
        OrgError::ServiceAccountNotFound => (StatusCode::NOT_FOUND, "service_account_not_found"),
        OrgError::UserNotFound => (StatusCode::NOT_FOUND, "user_not_found"),
        OrgError::TokenNotFound => (StatusCode::NOT_FOUND, "user_token_not_found"),
        OrgError::SeatNotAssigned => (StatusCode::NOT_FOUND, "seat_not_assigned"),
        OrgError::SeatAlreadyAssigned => (StatusCode::CONFLICT, "seat_already_assigned"),
        OrgError::NoFreeSeats => (StatusCode::PAYMENT_REQUIRED, "no_free_seats"),
        OrgError::AlreadyMember => (StatusCode::CONFLICT, "user_already_exists"),
        OrgError::LastAdmin => (StatusCode::CONFLICT, "last_admin"),
        OrgError::TokenAlreadyRevoked => (StatusCode::CONFLICT, "token_already_revoked"),
    }
}

/// The API's own error body.
pub(crate) fn api_error(status: StatusCode, code: &str, message: &str) -> Response {
    (status, Json(json!({"error": {"code": code, "message": message}}))).into_response()
}

/// What something that is not the API says: HTML, so that nobody takes it for the API's answer.
pub(crate) fn page(status: StatusCode) -> Response {
    let html = format!("<html><head><title>{status}</title></head><h1>{status}</h1></html>\n");
    (status, [(CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
}
