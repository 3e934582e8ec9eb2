//! `GET /_sandbox/state`: the whole organization, without secrets.

use axum::Json;
use axum::extract::State;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::dates;
use crate::sandbox::extract::Bare;
use crate::sandbox::org::{Token, User};
use crate::sandbox::state::Shared;

/// The whole organization.
pub(super) async fn show(State(shared): State<Shared>, _: Bare) -> Json<Value> {
    Json(shared.with(|state| {
        let now = state.now();
        let org = &state.org;
        let accounts = org.service_accounts().iter();
        let pending = org.onboarding().iter();
        let mails = org.mails().iter();
        json!({
            "organization": org.id,
            "dialect": state.dialect.as_str(),
            "seats": {"total": org.rules.seats, "used": org.seats_used()},
            "subscription_end": dates::show(org.rules.subscription_end),
            "users": org.users().map(|each| user(each, now)).collect::<Value>(),
            "service_accounts": accounts
                .map(|each| json!({"name": each.name, "client_id": each.client_id}))
                .collect::<Value>(),
            "onboarding": pending
                .map(|each| json!({"email": each.email, "ready_at": dates::show(each.ready_at)}))
                .collect::<Value>(),
            "accounts": org.rules.accounts,
            "never_arrive": org.rules.never_arrive,
            "mails": mails
                .map(|each| json!({"to": each.to, "kind": each.kind}))
                .collect::<Value>(),
        })
    }))
}

/// One user, with all tokens.
pub(super) fn user(user: &User, now: Timestamp) -> Value {
    json!({
        "id": user.id.to_string(),
        "email": user.email,
        "first_name": user.first_name,
        "last_name": user.last_name,
        "role": user.role.as_str(),
        "managed": user.email.is_none(),
        "seat": user.seat,
        "tokens": user.tokens.iter().map(|each| token(each, now)).collect::<Value>(),
    })
}

fn token(token: &Token, now: Timestamp) -> Value {
    json!({
        "id": token.id.to_string(),
        "expires_at": dates::show(token.expires_at),
        "revoked": token.revoked,
        "live": token.is_live(now),
        "tolerance_months": token.tolerance_months,
        "emailed": token.emailed,
    })
}
