//! Users, their seats, and onboarding.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::errors::ApiError;
use crate::sandbox::extract::{
    Bare, Body, ByServiceAccount, InOrganization, OnlyInV1, Query, UserId,
};
use crate::sandbox::fields;
use crate::sandbox::options::Dialect;
use crate::sandbox::org::User;
use crate::sandbox::state::Shared;

/// Product code of the subscription; whoever holds a seat has it.
const PRODUCT: &str = "commercial_subscription";

/// `auto_register_users`. The counts are texts, as documented.
pub(crate) async fn onboard(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    Body(mut body): Body,
) -> Result<Json<Value>, ApiError> {
    let emails = body.required("user_emails", fields::emails);
    let emails = body.finish_with(emails)?;
    Ok(Json(shared.with(|state| {
        let now = state.now();
        let result = state.org.onboard(emails, now);
        json!({
            "users_in_onboarding_process": result.in_process,
            "users_unavailable_for_onboarding": result.unavailable,
            "total_organization_seats": state.org.rules.seats.to_string(),
            "available_organization_seats": state.org.seats_for_onboarding().to_string(),
        })
    })))
}

/// `add_user`.
pub(crate) async fn add(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    Body(mut body): Body,
) -> Result<Json<Value>, ApiError> {
    let email = body.nullable("email", fields::email);
    let first_name = body.nullable("first_name", fields::text);
    let last_name = body.nullable("last_name", fields::text);
    body.finish()?;
    shared.with(|state| {
        let user = state.org.add_user(email, first_name, last_name)?;
        Ok(Json(json!({
            "id": user.id.to_string(),
            "email": user.email,
            "first_name": user.first_name,
            "last_name": user.last_name,
        })))
    })
}

/// `list_users`. The sandbox has no groups: `groups` is empty when asked for, null otherwise.
pub(crate) async fn list(
    State(shared): State<Shared>,
    _: OnlyInV1,
    _: ByServiceAccount,
    _: InOrganization,
    Query(mut query): Query,
) -> Result<Json<Value>, ApiError> {
    let groups = query.optional("include_groups", fields::boolean_text).unwrap_or(false);
    query.finish()?;
    let groups = if groups { json!([]) } else { Value::Null };
    let listed = |user: &User| {
        json!({
            "id": user.id.to_string(),
            "email": user.listed_email(),
            "first_name": user.first_name,
            "last_name": user.last_name,
            "role": user.role.as_str(),
            "subscriptions": if user.seat { json!([PRODUCT]) } else { json!([]) },
            "groups": groups,
        })
    };
    Ok(Json(shared.with(|state| {
        let items: Value = match state.history.view(Instant::now()) {
            Some(view) => view.users.iter().map(listed).collect(),
            None => state.org.users().map(listed).collect(),
        };
        json!({"items": items})
    })))
}

/// `remove_user`.
pub(crate) async fn remove(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    UserId(id): UserId,
    _: Bare,
) -> Result<StatusCode, ApiError> {
    shared.with(|state| state.org.remove_user(id))?;
    Ok(StatusCode::NO_CONTENT)
}

/// `assign_seat`. The guide knows no way to do without the mail.
pub(crate) async fn assign_seat(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    UserId(id): UserId,
    Query(mut query): Query,
) -> Result<StatusCode, ApiError> {
    let notify = query.optional("send_seat_assigned_email", fields::boolean_text).unwrap_or(true);
    query.finish()?;
    shared.with(|state| {
        let notify = notify || state.dialect == Dialect::Guide;
        state.org.assign_seat(id, notify)
    })?;
    Ok(StatusCode::CREATED)
}

/// `revoke_seat`.
pub(crate) async fn remove_seat(
    State(shared): State<Shared>,
    _: ByServiceAccount,
    _: InOrganization,
    UserId(id): UserId,
    _: Bare,
) -> Result<StatusCode, ApiError> {
    shared.with(|state| state.org.remove_seat(id))?;
    Ok(StatusCode::NO_CONTENT)
}
