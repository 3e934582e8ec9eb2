//! The API's paths: from HTTP to the rules of the organization and back. Paths, methods, fields
//! and statuses are those of the Organization Management API 1.0.0.

mod service_accounts;
mod tokens;
mod users;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{delete, get, post};

use super::errors::ApiError;
use super::sign_in::{TOKEN_PATH, sign_in};
use super::state::Shared;
use super::{admin, page, requests};

/// Everything a sandbox answers.
pub(crate) fn router(shared: Shared) -> Router {
    let organization = Router::new()
        .route("/service-accounts", get(service_accounts::list).post(service_accounts::create))
        .route("/service-accounts/{client_id}", delete(service_accounts::remove))
        .route("/users_auto_registration", post(users::onboard))
        .route("/users", get(users::list).post(users::add))
        .route("/users/{user_id}", delete(users::remove))
        .route("/users/{user_id}/seats", post(users::assign_seat).delete(users::remove_seat))
        .route(
            "/users/{user_id}/token",
            post(tokens::create).patch(tokens::update).delete(tokens::revoke_live),
        )
        .route("/users/{user_id}/tokens", get(tokens::list))
        .route("/users/{user_id}/tokens/{token_id}", delete(tokens::revoke));
    Router::new()
        .route("/", get(page::show))
        .route(TOKEN_PATH, post(sign_in))
        .nest("/api/v1/organizations/{org_id}", organization)
        .nest("/_sandbox", admin::router())
        .fallback(async || ApiError::NoSuchPath)
        .method_not_allowed_fallback(async || ApiError::NoSuchMethod)
        .layer(from_fn_with_state(shared.clone(), requests::pass))
        .with_state(shared)
}
