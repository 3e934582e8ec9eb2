//! `/_sandbox/faults`: rules by which requests to the API meet faults.
//!
//! A rule is a JSON object; only `fault` is required:
//!
//! ```json
//! {"operation": "create_token", "from": 2, "times": 3, "fault": {"kind": "reset_after"}}
//! ```
//!
//! Which requests match:
//! - `operation`: `sign_in`, `create_service_account`, `list_service_accounts`,
//!   `delete_service_account`, `onboard_users`, `add_user`, `list_users`, `remove_user`,
//!   `assign_seat`, `remove_seat`, `create_token`, `update_token`, `list_tokens`, `revoke_token`,
//!   `revoke_user_token`, or `any` (default), which is every request but those to the sandbox's
//!   own paths.
//! - `grant`, with `sign_in` only: `service_account` or `admin`.
//! - `path`: text that the request's path contains, such as a user's id.
//!
//! Which of those are struck:
//! - `from`: the first that may be, counted from 1 (default).
//! - `times`: how many are; null is no end. Default 1; with `probability`, null.
//! - `probability`, from 0 to 1, and `seed` (default 0): each request that may be struck is so
//!   likely to be. The same seed gives the same sequence.
//!
//! A request counts in every rule that it matches. The oldest rule that has one to strike strikes
//! it, alone; so rules of which each strikes once strike one after the other. Rules stay in the
//! list when they are used up. `struck` counts a request when the fault has done its work: where
//! the request is carried out, after that.
//!
//! What happens, `fault`, is an object with `kind`. *Carried out* means that the request does what
//! it asks for, and that this is kept like all else.
//! - `refuse`: all connections are closed, and for `seconds` (default 1, fractions allowed) none
//!   are taken, for the sandbox's own paths neither. Then the port is the same. Not carried out.
//! - `reset_before`: the connection is reset. Not carried out. On HTTP/2 the whole connection is,
//!   with all that was under way on it; so with the next.
//! - `reset_after`: carried out, then the connection is reset before any byte of an answer.
//! - `hang`: no answer. Not carried out; with `carried_out: true` it is, first. When the rule is
//!   removed while the client still waits, the request is answered as usual, and carried out if it
//!   was not.
//! - `slow`: carried out; the answer's body comes with `bytes_per_second`.
//! - `truncate`: carried out; after `at` bytes of the body (default half) the connection is
//!   closed. The length that was told is longer; with `chunked: true` none was told, and the end is
//!   missing. An answer without a body promises one byte, for which a 204 becomes a 200.
//! - `garbage`: 200 and 64 bytes that are no text, as `application/json`. Carried out, unless
//!   `carried_out` is false.
//! - `html`: a web page; `status` (200 to 599, default 200), `carried_out` (default false).
//! - `wrong_type`: carried out; the right answer as `text/plain`.
//! - `omit`: carried out; the answer is the list without the items that hold the text `item`, such as
//!   an id; without `item`, the last one is missing.
//! - `status`: an error; `status` (400 to 599), `body`: `api` (default; the API's own form, with
//!   `code`), `validation` (its form for 422), `detail` or `message` (a text under that name), `bare`
//!   (`error` is a text), `nested` (`detail` in `error`), `unserved` (what the API says of a path that
//!   it does not know), `oauth` (that of the token endpoint), `html`, `empty` or `text`; `code` and
//!   `message`: in place of those made of the status; `retry_after`: seconds, or `"date:<seconds>"` for a date so far ahead by the sandbox's
//!   clock, or any other text as it is; `carried_out` (default false).
//! - `expire_bearers`: all bearers end, then the request is served as usual: a request to the API
//!   is answered with 401.
//!
//! The list of requests shows at each request which fault struck it.

use axum::Json;
use axum::extract::{RawPathParams, State};
use serde_json::{Value, json};

use super::{DONE, Done};
use crate::sandbox::errors::ApiError;
use crate::sandbox::extract::{Bare, Body};
use crate::sandbox::faults;
use crate::sandbox::state::Shared;

/// `POST /_sandbox/faults`: adds a rule, answered `{"id"}`.
pub(super) async fn add(
    State(shared): State<Shared>,
    Body(body): Body,
) -> Result<Json<Value>, ApiError> {
    let rule = faults::rule(body)?;
    Ok(Json(json!({"id": shared.with(|state| state.faults.add(rule))})))
}

/// `GET /_sandbox/faults`: all rules, oldest first: `id`, `rule` as it was given, and how many
/// requests it has `matched` and `struck`.
pub(super) async fn list(State(shared): State<Shared>, _: Bare) -> Json<Value> {
    Json(shared.with(|state| state.faults.to_json()))
}

/// `DELETE /_sandbox/faults`: removes all rules.
pub(super) async fn clear(State(shared): State<Shared>, _: Bare) -> Done {
    shared.with(|state| state.faults.clear());
    DONE
}

/// `DELETE /_sandbox/faults/{id}`: removes one rule.
pub(super) async fn remove(
    State(shared): State<Shared>,
    path: RawPathParams,
    _: Bare,
) -> Result<Done, ApiError> {
    let id = path.iter().next().and_then(|(_, id)| id.parse().ok());
    let removed = id.is_some_and(|id| shared.with(|state| state.faults.remove(id)));
    if removed { Ok(DONE) } else { Err(ApiError::NoSuchRule) }
}
