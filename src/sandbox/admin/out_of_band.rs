//! Users, tokens and service accounts, made and changed behind the API's back.

use axum::Json;
use axum::extract::State;
use serde_json::{Value, json};

use super::{DONE, Done, state};
use crate::sandbox::errors::ApiError;
use crate::sandbox::extract::{Bare, Body, ClientId, Query, TokenId, UserId};
use crate::sandbox::fields::{self, FieldError, Fields};
use crate::sandbox::org::{Role, TokenPatch, UserPatch};
use crate::sandbox::state::Shared;

/// `POST /_sandbox/users`, answered with the user as in the state.
pub(super) async fn add_user(
    State(shared): State<Shared>,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let wanted = user(body)?;
    shared.with(|state| {
        let now = state.now();
        Ok(Json(state::user(state.org.add_user_out_of_band(wanted)?, now)))
    })
}

/// `PATCH /_sandbox/users/{user_id}`, answered with the user as in the state. What is not named
/// stays; null empties.
pub(super) async fn change_user(
    State(shared): State<Shared>,
    UserId(id): UserId,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let wanted = user(body)?;
    shared.with(|state| {
        let now = state.now();
        Ok(Json(state::user(state.org.change_user_out_of_band(id, wanted)?, now)))
    })
}

/// `DELETE /_sandbox/users/{user_id}`: the user vanishes with everything.
pub(super) async fn remove_user(
    State(shared): State<Shared>,
    UserId(id): UserId,
    _: Bare,
) -> Result<Done, ApiError> {
    shared.with(|state| state.org.remove_user_out_of_band(id))?;
    Ok(DONE)
}

/// `POST /_sandbox/users/{user_id}/tokens`, answered `{"id"}`.
pub(super) async fn issue_token(
    State(shared): State<Shared>,
    UserId(id): UserId,
    Body(mut body): Body,
) -> Result<Json<Value>, ApiError> {
    let expires_at = body.required("expires_at", fields::instant);
    let expires_at = body.finish_with(expires_at)?;
    shared.with(|state| {
        let now = state.now();
        let token_id = state.org.issue_token_out_of_band(id, expires_at, now)?;
        Ok(Json(json!({"id": token_id.to_string()})))
    })
}

/// `PATCH /_sandbox/users/{user_id}/tokens/{token_id}`: another expiry.
pub(super) async fn change_token(
    State(shared): State<Shared>,
    UserId(id): UserId,
    TokenId(token_id): TokenId,
    Body(mut body): Body,
) -> Result<Done, ApiError> {
    let expires_at = body.required("expires_at", fields::instant);
    let what = TokenPatch::Expire(body.finish_with(expires_at)?);
    shared.with(|state| state.org.change_token_out_of_band(id, token_id, what))?;
    Ok(DONE)
}

/// `DELETE /_sandbox/users/{user_id}/tokens/{token_id}?mode=revoke|vanish`.
pub(super) async fn end_token(
    State(shared): State<Shared>,
    UserId(id): UserId,
    TokenId(token_id): TokenId,
    Query(mut query): Query,
) -> Result<Done, ApiError> {
    let what = query.optional("mode", mode).unwrap_or(TokenPatch::Revoke);
    query.finish()?;
    shared.with(|state| state.org.change_token_out_of_band(id, token_id, what))?;
    Ok(DONE)
}

/// `POST /_sandbox/service-accounts`, answered without the secret.
pub(super) async fn add_service_account(
    State(shared): State<Shared>,
    Body(mut body): Body,
) -> Result<Json<Value>, ApiError> {
    let name = body.required("name", fields::account_name);
    let name = body.finish_with(name)?;
    Ok(Json(shared.with(|state| {
        let account = state.add_service_account(name);
        json!({"name": account.name, "client_id": account.client_id})
    })))
}

/// `DELETE /_sandbox/service-accounts/{client_id}`.
pub(super) async fn remove_service_account(
    State(shared): State<Shared>,
    ClientId(client_id): ClientId,
    _: Bare,
) -> Result<Done, ApiError> {
    shared.with(|state| state.remove_service_account(&client_id))?;
    Ok(DONE)
}

fn user(mut body: Fields) -> Result<UserPatch, ApiError> {
    let wanted = UserPatch {
        email: body.clearable("email", fields::email),
        first_name: body.clearable("first_name", fields::text),
        last_name: body.clearable("last_name", fields::text),
        role: body.optional("role", role),
        seat: body.optional("seat", fields::boolean),
    };
    body.finish()?;
    Ok(wanted)
}

fn role(value: &Value) -> Result<Role, FieldError> {
    let message = "Input should be 'member', 'admin' or 'billing_manager'";
    Role::named(&fields::text(value)?).ok_or_else(|| FieldError::new("enum", message))
}

fn mode(value: &Value) -> Result<TokenPatch, FieldError> {
    match value.as_str() {
        Some("revoke") => Ok(TokenPatch::Revoke),
        Some("vanish") => Ok(TokenPatch::Vanish),
        _ => Err(FieldError::new("enum", "Input should be 'revoke' or 'vanish'")),
    }
}
