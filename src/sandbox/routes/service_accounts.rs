//! Service accounts: the three operations for the admin.

use std::time::Instant;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::sandbox::errors::ApiError;
use crate::sandbox::extract::{Bare, Body, ByAdmin, ClientId, InOrganization};
use crate::sandbox::fields;
use crate::sandbox::options::Dialect;
use crate::sandbox::state::Shared;

/// `create_service_account`. The one answer that shows the secret.
pub(crate) async fn create(
    State(shared): State<Shared>,
    _: ByAdmin,
    _: InOrganization,
    Body(mut body): Body,
) -> Result<Json<Value>, ApiError> {
    let name = body.required("name", fields::account_name);
    let name = body.finish_with(name)?;
    Ok(Json(shared.with(|state| {
        let account = state.add_service_account(name);
        json!({
            "name": account.name,
            "client_id": account.client_id,
            "org_id": state.org.id,
            "client_secret": account.secret.reveal(),
        })
    })))
}

/// `list_service_accounts`. The guide shows one bare object; with none or several, a bare array
/// is the form closest to it.
pub(crate) async fn list(
    State(shared): State<Shared>,
    _: ByAdmin,
    _: InOrganization,
    _: Bare,
) -> Json<Value> {
    Json(shared.with(|state| {
        let shown = |account: &crate::sandbox::org::ServiceAccount| {
            json!({
                "name": account.name,
                "client_id": account.client_id,
                "org_id": state.org.id,
            })
        };
        let view = state.history.view(Instant::now());
        let accounts = view.map_or(state.org.service_accounts(), |view| &view.service_accounts);
        match (state.dialect, accounts) {
            (Dialect::Guide, [only]) => shown(only),
            (Dialect::Guide, several) => several.iter().map(shown).collect(),
            (Dialect::V1, all) => json!({"items": all.iter().map(shown).collect::<Value>()}),
        }
    }))
}

/// `delete_service_account`.
pub(crate) async fn remove(
    State(shared): State<Shared>,
    _: ByAdmin,
    _: InOrganization,
    ClientId(client_id): ClientId,
    _: Bare,
) -> Result<StatusCode, ApiError> {
    shared.with(|state| state.remove_service_account(&client_id))?;
    Ok(StatusCode::NO_CONTENT)
}
