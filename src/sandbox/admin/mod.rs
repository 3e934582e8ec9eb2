//! The sandbox's own paths, below `/_sandbox`: look at everything, change anything by hand, move
//! the clock, bring faults about. For tests and for curiosity. No sign-in: whoever reaches the sandbox may use them.

mod describe;
mod faults;
mod out_of_band;
mod settings;
mod state;

use axum::extract::State;
use axum::routing::{delete, get, patch, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use super::errors::ApiError;
use super::extract::{Bare, Query};
use super::fields;
use super::state::Shared;

/// All own paths.
pub(crate) fn router() -> Router<Shared> {
    Router::new()
        .route("/", get(describe::show))
        .route("/state", get(state::show))
        .route("/settings", get(settings::show).patch(settings::change))
        .route("/faults", get(faults::list).post(faults::add).delete(faults::clear))
        .route("/faults/{fault_id}", delete(faults::remove))
        .route("/users", post(out_of_band::add_user))
        .route("/users/{user_id}", patch(out_of_band::change_user).delete(out_of_band::remove_user))
        .route("/users/{user_id}/tokens", post(out_of_band::issue_token))
        .route(
            "/users/{user_id}/tokens/{token_id}",
            patch(out_of_band::change_token).delete(out_of_band::end_token),
        )
        .route("/service-accounts", post(out_of_band::add_service_account))
        .route("/service-accounts/{client_id}", delete(out_of_band::remove_service_account))
        .route("/requests", get(requests).delete(forget_requests))
        .route("/secrets", get(secrets))
        .route("/reset", post(reset))
}

/// The answer when there is nothing to tell: an empty object, so that every answer here is JSON.
type Done = Json<Nothing>;
const DONE: Done = Json(Nothing {});

#[derive(serde::Serialize)]
struct Nothing {}

/// `GET /_sandbox/requests`: all requests to the API and the token endpoint, in order; with
/// `?last=25` only the newest.
async fn requests(
    State(shared): State<Shared>,
    Query(mut query): Query,
) -> Result<Json<Value>, ApiError> {
    let last = query.optional("last", fields::count_text);
    query.finish()?;
    Ok(Json(shared.with(|state| state.requests.to_json(last))))
}

/// `DELETE /_sandbox/requests`.
async fn forget_requests(State(shared): State<Shared>, _: Bare) -> Done {
    shared.with(|state| state.requests.clear());
    DONE
}

/// `GET /_sandbox/secrets`: every secret that ever existed, to search outputs for. After a
/// restart with a state file: only those the file needs.
async fn secrets(State(shared): State<Shared>, _: Bare) -> Json<Value> {
    Json(shared.with(|state| json!(state.secrets.known())))
}

/// `POST /_sandbox/reset`: back to one admin and the configured service account, nobody signed
/// in, no faults. Settings, clock and requests stay.
async fn reset(State(shared): State<Shared>) -> Done {
    shared.with(super::state::SandboxState::reset);
    DONE
}
