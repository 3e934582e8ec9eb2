//! `PATCH /_sandbox/settings`: change the rules while the sandbox runs.

use std::collections::BTreeSet;
use std::time::Duration;

use axum::extract::State;
use serde_json::Value;

use super::{DONE, Done};
use crate::sandbox::errors::Failure;
use crate::sandbox::extract::Body;
use crate::sandbox::fields::{self, Misfit};
use crate::sandbox::options::Dialect;
use crate::sandbox::world::Shared;

/// Changes the settings that are named, or none when one of them does not fit.
pub(super) async fn change(
    State(shared): State<Shared>,
    Body(mut body): Body,
) -> Result<Done, Failure> {
    let seats = body.optional("seats", fields::count);
    let dialect = body.optional("dialect", dialect);
    let subscription_end = body.optional("subscription_end", fields::instant);
    let delay = body.optional("onboarding_delay_seconds", seconds);
    let several_tokens = body.optional("several_tokens", fields::boolean);
    let bearer_lifetime = body.optional("bearer_lifetime_seconds", seconds);
    let accounts = body.optional("accounts", addresses);
    let never_arrive = body.optional("never_arrive", addresses);
    let now = body.clearable("now", fields::instant);
    body.finish()?;
    shared.with(|world| {
        let rules = &mut world.org.rules;
        rules.seats = seats.unwrap_or(rules.seats);
        rules.subscription_end = subscription_end.unwrap_or(rules.subscription_end);
        rules.onboarding_delay = delay.unwrap_or(rules.onboarding_delay);
        rules.several_tokens = several_tokens.unwrap_or(rules.several_tokens);
        if let Some(accounts) = accounts {
            rules.accounts = accounts;
        }
        if let Some(never_arrive) = never_arrive {
            rules.never_arrive = never_arrive;
        }
        world.org.touch();
        world.dialect = dialect.unwrap_or(world.dialect);
        world.bearer_lifetime = bearer_lifetime.unwrap_or(world.bearer_lifetime);
        match now {
            Some(Some(now)) => world.clock.set(now),
            Some(None) => world.clock.follow_real_time(),
            None => {}
        }
    });
    Ok(DONE)
}

fn dialect(value: &Value) -> Result<Dialect, Misfit> {
    let word = fields::text(value)?;
    word.parse().map_err(|_unknown| Misfit::new("enum", "Input should be 'v1' or 'guide'"))
}

fn seconds(value: &Value) -> Result<Duration, Misfit> {
    fields::count(value).map(|seconds| Duration::from_secs(seconds.into()))
}

fn addresses(value: &Value) -> Result<BTreeSet<String>, Misfit> {
    let emails = fields::emails(value)?;
    Ok(emails.into_iter().map(|email| email.to_lowercase()).collect())
}
