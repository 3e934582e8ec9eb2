//! `/_sandbox/settings`: the rules, shown by GET and changed by PATCH while the sandbox runs.
//!
//! Beyond the rules of the organization:
//! - `listing_lag_seconds`: listings of users, of service accounts and of tokens show the
//!   organization as it was so many seconds ago, by real time; fractions are allowed, 0 is off.
//!   They never show what was before the lag was switched on. Writes, and whether a user exists at
//!   all, go by the truth.
//! - `requests_per_second`: how many requests are taken, fractions allowed; null is no limit.
//!   Above it they are answered with 429 and `Retry-After`. `burst`: how many are taken at once
//!   after a pause; null is the rate, rounded up. All requests count, the sign-in too, but for
//!   those to the sandbox's own paths. A request above the limit meets no fault.
//! - `odd`: in which ways answers are odd, as words with commas between them, `all` or `none`.
//! - `clock_offset_seconds`: how far ahead of real time the sandbox's clock is; negative is
//!   behind. `now` sets a time instead, null is real time. Time runs on in every case. The lives of
//!   bearers and tokens, onboarding and the header `Date` go by this clock.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use axum::Json;
use axum::extract::State;
use jiff::SignedDuration;
use serde_json::{Value, json};

use super::{DONE, Done};
use crate::sandbox::dates;
use crate::sandbox::errors::{ApiError, Problem};
use crate::sandbox::extract::{Bare, Body};
use crate::sandbox::fields::{self, FieldError};
use crate::sandbox::odd::{self, Oddities};
use crate::sandbox::options::Dialect;
use crate::sandbox::state::Shared;
use crate::sandbox::token_bucket::TokenBucket;

/// Changes the settings that are named, or none when one of them does not fit.
pub(super) async fn change(
    State(shared): State<Shared>,
    Body(mut body): Body,
) -> Result<Done, ApiError> {
    let seats = body.optional("seats", fields::count);
    let dialect = body.optional("dialect", dialect);
    let subscription_end = body.optional("subscription_end", fields::instant);
    let delay = body.optional("onboarding_delay_seconds", seconds);
    let several_tokens = body.optional("several_tokens", fields::boolean);
    let outlive = body.optional("tokens_outlive_seats", fields::boolean);
    let odd = body.optional("odd", oddities);
    let bearer_lifetime = body.optional("bearer_lifetime_seconds", seconds);
    let accounts = body.optional("accounts", addresses);
    let never_arrive = body.optional("never_arrive", addresses);
    let lag = body.optional("listing_lag_seconds", fields::seconds);
    let rate = body.clearable("requests_per_second", rate);
    let burst = body.clearable("burst", fields::positive);
    let offset = body.optional("clock_offset_seconds", fields::signed);
    let now = body.clearable("now", fields::instant);
    if now.is_some() && offset.is_some() {
        let message = "Set either 'now' or 'clock_offset_seconds'";
        body.note(Problem::at("body", "clock_offset_seconds", "value_error", message));
    }
    body.finish()?;
    shared.with(|state| {
        let rules = &mut state.org.rules;
        rules.seats = seats.unwrap_or(rules.seats);
        rules.subscription_end = subscription_end.unwrap_or(rules.subscription_end);
        rules.onboarding_delay = delay.unwrap_or(rules.onboarding_delay);
        rules.several_tokens = several_tokens.unwrap_or(rules.several_tokens);
        rules.tokens_outlive_seats = outlive.unwrap_or(rules.tokens_outlive_seats);
        if let Some(accounts) = accounts {
            rules.accounts = accounts;
        }
        if let Some(never_arrive) = never_arrive {
            rules.never_arrive = never_arrive;
        }
        state.org.touch();
        state.dialect = dialect.unwrap_or(state.dialect);
        if let Some(odd) = odd {
            state.odd = odd;
        }
        state.bearer_lifetime = bearer_lifetime.unwrap_or(state.bearer_lifetime);
        if let Some(lag) = lag {
            state.history.set_lag(lag, &state.org, Instant::now());
        }
        if rate.is_some() || burst.is_some() {
            let (old_rate, old_burst) = state.rate.settings();
            state.rate =
                TokenBucket::with_burst(rate.unwrap_or(old_rate), burst.unwrap_or(old_burst));
        }
        if let Some(offset) = offset {
            state.clock.set_ahead(SignedDuration::from_secs(offset.into()));
        }
        match now {
            Some(Some(now)) => state.clock.set(now),
            Some(None) => state.clock.follow_real_time(),
            None => {}
        }
    });
    Ok(DONE)
}

/// All settings, by the names by which they are changed.
pub(super) async fn show(State(shared): State<Shared>, _: Bare) -> Json<Value> {
    Json(shared.with(|state| {
        let rules = &state.org.rules;
        let (rate, burst) = state.rate.settings();
        json!({
            "seats": rules.seats,
            "dialect": state.dialect.as_str(),
            "subscription_end": dates::show(rules.subscription_end),
            "onboarding_delay_seconds": rules.onboarding_delay.as_secs(),
            "several_tokens": rules.several_tokens,
            "tokens_outlive_seats": rules.tokens_outlive_seats,
            "odd": state.odd.iter().copied().collect::<Vec<_>>().join(","),
            "bearer_lifetime_seconds": state.bearer_lifetime.as_secs(),
            "accounts": rules.accounts,
            "never_arrive": rules.never_arrive,
            "listing_lag_seconds": state.history.lag().as_secs_f64(),
            "requests_per_second": rate,
            "burst": burst,
            "clock_offset_seconds": state.clock.ahead().as_secs(),
            "now": dates::show(state.now()),
        })
    }))
}

fn rate(value: &Value) -> Result<f64, FieldError> {
    let rate = value.as_f64().filter(|rate| *rate > 0.0);
    rate.ok_or_else(|| FieldError::new("out_of_range", "Input should be a number above 0"))
}

fn oddities(value: &Value) -> Result<Oddities, FieldError> {
    let message = "Input should be 'all', 'none', or a comma-separated list";
    odd::parse(&fields::text(value)?).ok_or_else(|| FieldError::new("enum", message))
}

fn dialect(value: &Value) -> Result<Dialect, FieldError> {
    let word = fields::text(value)?;
    word.parse().map_err(|_unknown| FieldError::new("enum", "Input should be 'v1' or 'guide'"))
}

fn seconds(value: &Value) -> Result<Duration, FieldError> {
    fields::count(value).map(|seconds| Duration::from_secs(seconds.into()))
}

fn addresses(value: &Value) -> Result<BTreeSet<String>, FieldError> {
    let emails = fields::emails(value)?;
    Ok(emails.into_iter().map(|email| email.to_lowercase()).collect())
}
