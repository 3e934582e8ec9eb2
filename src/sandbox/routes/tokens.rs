//! Organization access tokens of users.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::dates;
use crate::sandbox::errors::ApiError;
use crate::sandbox::extract::{
    Bare, Body, ByServiceAccount, InOrganization, OnlyInV1, PatchBody, TokenId, UserId,
};
use crate::sandbox::fields;
use crate::sandbox::options::Dialect;
use crate::sandbox::org::{Renewal, Token, TokenOrder};
use crate::sandbox::state::Shared;

/// `create_user_token`. The one answer that shows the value; it has no id.
///
/// In the guide the request has `expires_at` alone (what v1 has beyond it is checked and then
/// ignored) and the answer's `expires_at` is null.
pub(crate) async fn create(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    UserId(id): UserId,
    Body(mut body): Body,
) -> Result<Json<Value>, ApiError> {
    let expires_at = body.required("expires_at", fields::instant);
    let tolerance = body.optional("expiration_tolerance_months", fields::count).unwrap_or(0);
    let email = body.optional("send_token_email", fields::boolean).unwrap_or(true);
    let expires_at = body.finish_with(expires_at)?;
    shared.with(|state| {
        let now = state.now();
        let (order, shown) = match state.dialect {
            Dialect::V1 => {
                let order = TokenOrder { expires_at, tolerance_months: tolerance, email };
                (order, Some(dates::show(expires_at)))
            }
            Dialect::Guide => (TokenOrder { expires_at, tolerance_months: 0, email: true }, None),
        };
        state.org.issue_token(id, order, now)?;
        let value = state.secrets.token();
        Ok(Json(json!({"token": value, "expires_at": shown})))
    })
}

/// `update_user_token`. Without a body, which only the guide allows, it syncs the token to the
/// subscription.
pub(crate) async fn update(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    UserId(id): UserId,
    PatchBody(body): PatchBody,
) -> Result<StatusCode, ApiError> {
    let renewal = match body {
        None => Renewal::Subscription { tolerance_months: 0 },
        Some(mut body) => {
            let expires_at = body.nullable("expires_at", fields::instant);
            let tolerance = body.optional("expiration_tolerance_months", fields::count);
            let is_renewal = body.optional("is_renewal", fields::boolean).unwrap_or(false);
            body.finish()?;
            let tolerance_months = tolerance.unwrap_or(0);
            if is_renewal {
                Renewal::Subscription { tolerance_months }
            } else {
                Renewal::Until { expires_at, tolerance_months }
            }
        }
    };
    shared.with(|state| {
        let now = state.now();
        state.org.renew_token(id, renewal, now)
    })?;
    Ok(StatusCode::OK)
}

/// `list_user_tokens`: all the user ever had, oldest first, without values.
pub(crate) async fn list(
    State(shared): State<Shared>,
    _: (OnlyInV1, ByServiceAccount),
    _: InOrganization,
    UserId(id): UserId,
    _: Bare,
) -> Result<Json<Value>, ApiError> {
    let listed = |token: &Token| {
        json!({
            "id": token.id.to_string(),
            "expires_at": dates::show(token.expires_at),
            "metadata": {"source": "sandbox"},
            "revoked": token.revoked,
        })
    };
    shared.with(|state| {
        let user = state.org.user(id)?;
        let tokens = match state.history.view(Instant::now()) {
            Some(view) => view.tokens(id),
            None => &user.tokens,
        };
        Ok(Json(json!({"items": tokens.iter().map(listed).collect::<Value>()})))
    })
}

/// `revoke_user_token`.
pub(crate) async fn revoke(
    State(shared): State<Shared>,
    _: (OnlyInV1, ByServiceAccount),
    _: InOrganization,
    (UserId(id), TokenId(token_id)): (UserId, TokenId),
    _: Bare,
) -> Result<StatusCode, ApiError> {
    shared.with(|state| state.org.revoke_token(id, token_id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The guide's "revoking a user's token": the live one. Not in the OpenAPI document, answered in
/// both dialects.
pub(crate) async fn revoke_live(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    UserId(id): UserId,
    _: Bare,
) -> Result<StatusCode, ApiError> {
    shared.with(|state| {
        let now = state.now();
        state.org.revoke_live_token(id, now)
    })?;
    Ok(StatusCode::NO_CONTENT)
}
