//! What every request is checked for before its rules apply. A handler names the checks it wants
//! as arguments, in the order they are made: dialect, bearer, organization, path, query and body.

use axum::extract::{FromRequest, FromRequestParts, RawPathParams, Request};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method};
use serde_json::{Map, Value};
use uuid::Uuid;

use super::errors::{ApiError, Problem};
use super::fields::Fields;
use super::form;
use super::issued_tokens::Principal;
use super::options::Dialect;
use super::requests;
use super::state::Shared;

/// The path exists in the dialect [`Dialect::V1`] only.
#[derive(Debug)]
pub(crate) struct OnlyInV1;

impl FromRequestParts<Shared> for OnlyInV1 {
    type Rejection = ApiError;

    async fn from_request_parts(_: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        match shared.with(|state| state.dialect) {
            Dialect::V1 => Ok(Self),
            Dialect::Guide => Err(ApiError::NoSuchPath),
        }
    }
}

/// The bearer is one of a service account ("JWT or Access Token" in the OpenAPI document).
#[derive(Debug)]
pub(crate) struct ByServiceAccount;

impl FromRequestParts<Shared> for ByServiceAccount {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        match principal(&parts.headers, shared)? {
            Principal::ServiceAccount { .. } => Ok(Self),
            Principal::Admin => Err(ApiError::WrongGrant("client_credentials")),
        }
    }
}

/// The bearer is one of the admin ("Organization Admin" in the OpenAPI document).
#[derive(Debug)]
pub(crate) struct ByAdmin;

impl FromRequestParts<Shared> for ByAdmin {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        match principal(&parts.headers, shared)? {
            Principal::Admin => Ok(Self),
            Principal::ServiceAccount { .. } => Err(ApiError::WrongGrant("password")),
        }
    }
}

fn principal(headers: &HeaderMap, shared: &Shared) -> Result<Principal, ApiError> {
    let bearer = requests::bearer(headers).ok_or(ApiError::NotSignedIn)?;
    shared
        .with(|state| state.bearers.principal(bearer, state.now()).cloned())
        .ok_or(ApiError::NotSignedIn)
}

/// The path names the organization that exists.
#[derive(Debug)]
pub(crate) struct InOrganization;

impl FromRequestParts<Shared> for InOrganization {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, shared: &Shared) -> Result<Self, ApiError> {
        let named = segment(parts, "org_id").await?;
        if shared.with(|state| state.org.id == named) {
            Ok(Self)
        } else {
            Err(ApiError::NoSuchOrganization)
        }
    }
}

/// The path's `user_id`, a UUID.
#[derive(Clone, Copy, Debug)]
pub(crate) struct UserId(pub(crate) Uuid);

impl FromRequestParts<Shared> for UserId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, ApiError> {
        uuid(parts, "user_id").await.map(Self)
    }
}

/// The path's `token_id`, a UUID.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenId(pub(crate) Uuid);

impl FromRequestParts<Shared> for TokenId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, ApiError> {
        uuid(parts, "token_id").await.map(Self)
    }
}

/// The path's `client_id`, any text.
#[derive(Clone, Debug)]
pub(crate) struct ClientId(pub(crate) String);

impl FromRequestParts<Shared> for ClientId {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &Shared) -> Result<Self, ApiError> {
        segment(parts, "client_id").await.map(Self)
    }
}

async fn segment(parts: &mut Parts, name: &str) -> Result<String, ApiError> {
    let problem = || Problem::at("path", name, "string_type", "Input should be a valid string");
    match RawPathParams::from_request_parts(parts, &()).await {
        Ok(segments) => {
            let found = segments.iter().find(|(found, _)| *found == name);
            found.map(|(_, value)| value.to_owned()).ok_or_else(|| problem().into())
        }
        Err(_not_utf_8) => Err(problem().into()),
    }
}

async fn uuid(parts: &mut Parts, name: &str) -> Result<Uuid, ApiError> {
    let text = segment(parts, name).await?;
    // Only the usual spelling: no braces, no `urn:uuid:`, no digits without hyphens.
    Uuid::parse_str(&text).ok().filter(|_| text.len() == 36).ok_or_else(|| {
        Problem::at("path", name, "uuid_parsing", "Input should be a valid UUID").into()
    })
}

/// A request without query and body.
#[derive(Debug)]
pub(crate) struct Bare;

impl FromRequest<Shared> for Bare {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, ApiError> {
        query(&request)?.finish()?;
        no_body(request).await?;
        Ok(Self)
    }
}

/// A request with a query and no body.
#[derive(Debug)]
pub(crate) struct Query(pub(crate) Fields);

impl FromRequest<Shared> for Query {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, ApiError> {
        let fields = query(&request)?;
        no_body(request).await?;
        Ok(Self(fields))
    }
}

/// A request with a JSON object as its body and no query.
#[derive(Debug)]
pub(crate) struct Body(pub(crate) Fields);

impl FromRequest<Shared> for Body {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &Shared) -> Result<Self, ApiError> {
        query(&request)?.finish()?;
        let is_json = has_json_type(request.headers());
        let bytes = bytes(request).await?;
        if bytes.is_empty() {
            return Err(Problem::of("body", "missing", "Field required").into());
        }
        if !is_json {
            let message = "The content type should be application/json";
            return Err(Problem::of("body", "content_type", message).into());
        }
        match serde_json::from_slice(&bytes) {
            Ok(Value::Object(fields)) => Ok(Self(Fields::new("body", fields))),
            Ok(_) => Err(Problem::of("body", "dict_type", "Input should be an object").into()),
            Err(error) => {
                let mut problem = Problem::of("body", "json_invalid", "JSON decode error");
                problem.at.push(error.column().into());
                Err(problem.into())
            }
        }
    }
}

/// The body of a PATCH of a token: in the guide there is none, and the request means "sync".
#[derive(Debug)]
pub(crate) struct PatchBody(pub(crate) Option<Fields>);

impl FromRequest<Shared> for PatchBody {
    type Rejection = ApiError;

    async fn from_request(request: Request, shared: &Shared) -> Result<Self, ApiError> {
        let may_be_absent = shared.with(|state| state.dialect) == Dialect::Guide;
        let (parts, body) = request.into_parts();
        let bytes = bytes(Request::from_parts(parts.clone(), body)).await?;
        let is_absent = bytes.is_empty() && may_be_absent && parts.method == Method::PATCH;
        let request = Request::from_parts(parts, axum::body::Body::from(bytes));
        if is_absent {
            query(&request)?.finish()?;
            return Ok(Self(None));
        }
        Body::from_request(request, shared).await.map(|Body(fields)| Self(Some(fields)))
    }
}

fn query(request: &Request) -> Result<Fields, ApiError> {
    let pairs = form::pairs(request.uri().query().unwrap_or_default()).ok_or_else(|| {
        Problem::of("query", "string_unicode", "Input should be correctly encoded")
    })?;
    let mut fields = Map::new();
    for (name, value) in pairs {
        if fields.contains_key(&name) {
            let message = "Input should be given once";
            return Err(Problem::at("query", &name, "repeated", message).into());
        }
        fields.insert(name, Value::String(value));
    }
    Ok(Fields::new("query", fields))
}

fn has_json_type(headers: &HeaderMap) -> bool {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let media_type = content_type.and_then(|value| value.split(';').next()).map(str::trim);
    media_type.is_some_and(|found| found.eq_ignore_ascii_case("application/json"))
}

async fn no_body(request: Request) -> Result<(), ApiError> {
    if bytes(request).await?.is_empty() {
        Ok(())
    } else {
        Err(Problem::of("body", "extra_forbidden", "This operation does not accept a body").into())
    }
}

/// The body, which [`requests::pass`] has limited in size and read already.
async fn bytes(request: Request) -> Result<axum::body::Bytes, ApiError> {
    axum::body::to_bytes(request.into_body(), usize::MAX).await.map_err(|_incomplete| {
        Problem::of("body", "incomplete", "The body did not arrive completely").into()
    })
}
