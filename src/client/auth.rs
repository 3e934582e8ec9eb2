//! Bearers: fetched from the token endpoint, kept, renewed before they end, one fetch at a time.
//!
//! API facts: RFC 6749 with two grants, `client_credentials` and `password`; a bearer lives 900
//! seconds, so a long run outlives several.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Deserialize;
use tokio::time::Instant;

use super::answer::{self, Refusal};
use super::call::{Body, Call, Verb};
use super::retry::Repeat;
use super::single_flight::SingleFlight;
use super::{Error, Grant, Org, SignIn, Unavailable};
use crate::secret::Secret;

/// Life of a bearer whose answer does not say. Less than the documented 900 seconds: a bearer
/// renewed too early costs one request, one renewed too late a failed call.
const DEFAULT_LIFE: Duration = Duration::from_secs(300);

/// Lives beyond this are cut, to keep the arithmetic safe from nonsense.
const LONGEST_LIFE: Duration = Duration::from_secs(30 * 24 * 3600);

/// What the client knows about one sign-in.
pub(super) struct Keeper {
    grant: Grant,
    sign_in: Result<SignIn, Unavailable>,
    bearer: SingleFlight<Bearer>,
    /// Wrong credentials do not get right, and trying them again may lock the account.
    refused: Mutex<Option<Error>>,
}

/// A bearer in use.
#[derive(Clone)]
pub(super) struct Bearer {
    /// The text that goes into the header.
    pub(super) token: Secret,
    /// When it was fetched; tells one bearer from the next.
    since: Instant,
    /// When to fetch the next. `None`: made elsewhere, never.
    renew_at: Option<Instant>,
}

impl Bearer {
    fn new(token: Secret, since: Instant, life: Option<Duration>) -> Self {
        Self { token, since, renew_at: life.map(|life| since + life / 5 * 4) }
    }

    /// Whether it has a fifth of its life before it: enough for the calls that start with it.
    fn is_fresh(&self) -> bool {
        self.renew_at.is_none_or(|at| Instant::now() < at)
    }
}

/// A bearer to hand on, from [`Org::access_token`].
#[derive(Clone, Debug)]
pub struct AccessToken {
    /// The bearer.
    pub token: Secret,
    /// How long it is good for from now. `None`: made elsewhere, so not known.
    pub expires_in: Option<Duration>,
}

/// The token endpoint's answer.
#[derive(Deserialize)]
struct Grants {
    access_token: Secret,
    /// Seconds; some servers write them as a string.
    #[serde(default, deserialize_with = "answer::lenient_number")]
    expires_in: Option<u64>,
}

impl Keeper {
    pub(super) fn new(grant: Grant, sign_in: Result<SignIn, Unavailable>) -> Self {
        Self { grant, sign_in, bearer: SingleFlight::default(), refused: Mutex::new(None) }
    }

    /// The secret that was configured, if any.
    pub(super) fn secret(&self) -> Option<&Secret> {
        match &self.sign_in {
            Ok(SignIn::Pair { secret, .. } | SignIn::Bearer(secret)) => Some(secret),
            Err(_) => None,
        }
    }

    /// The client ID or user name that was configured, if any.
    pub(super) fn id(&self) -> Option<&str> {
        match &self.sign_in {
            Ok(SignIn::Pair { id, .. }) => Some(id),
            _ => None,
        }
    }
}

impl Org {
    /// A bearer that is good for some time still.
    pub(super) async fn bearer(&self, grant: Grant) -> Result<Bearer, Error> {
        let keeper = self.keeper(grant);
        keeper.bearer.get(Bearer::is_fresh, || self.fetch_bearer(keeper)).await
    }

    /// A bearer in place of `old`, which the API refused although its time is not over.
    pub(super) async fn bearer_after(&self, grant: Grant, old: &Bearer) -> Result<Bearer, Error> {
        let keeper = self.keeper(grant);
        if old.renew_at.is_none() {
            return Err(Error::SignIn {
                grant,
                status: 401,
                code: None,
                message: "the API refused the access token that was configured. It was made \
                          elsewhere and cannot be renewed here: make a new one, or configure the \
                          pair of ID and secret instead"
                    .to_owned(),
            });
        }
        // Somebody else may have replaced it already; theirs is not to be dropped.
        keeper.bearer.update(|kept| drop(kept.take_if(|kept| kept.since == old.since))).await;
        self.bearer(grant).await
    }

    /// A bearer to hand on: a new one where it can be made, so that it lives as long as possible.
    ///
    /// # Errors
    /// [`Error::Unavailable`] without credentials, [`Error::SignIn`] when they are refused.
    pub async fn access_token(&self, grant: Grant) -> Result<AccessToken, Error> {
        let keeper = self.keeper(grant);
        match &keeper.sign_in {
            Err(missing) => Err(Error::Unavailable(missing.clone())),
            Ok(SignIn::Bearer(token)) => Ok(AccessToken { token: token.clone(), expires_in: None }),
            Ok(SignIn::Pair { id, secret }) => {
                let (token, life) = self.sign_in(keeper, id, secret).await?;
                Ok(AccessToken { token, expires_in: Some(life) })
            }
        }
    }

    async fn fetch_bearer(&self, keeper: &Keeper) -> Result<Bearer, Error> {
        match &keeper.sign_in {
            Err(missing) => Err(Error::Unavailable(missing.clone())),
            Ok(SignIn::Bearer(token)) => Ok(Bearer::new(token.clone(), Instant::now(), None)),
            Ok(SignIn::Pair { id, secret }) => {
                // Its life counts from before it was asked for: it cannot have begun earlier.
                let since = Instant::now();
                let (token, life) = self.sign_in(keeper, id, secret).await?;
                Ok(Bearer::new(token, since, Some(life)))
            }
        }
    }

    async fn sign_in(
        &self,
        keeper: &Keeper,
        id: &str,
        secret: &Secret,
    ) -> Result<(Secret, Duration), Error> {
        if let Some(refused) = &*keeper.refused.lock().unwrap_or_else(PoisonError::into_inner) {
            return Err(refused.clone());
        }
        let (kind, id_field, secret_field) = match keeper.grant {
            Grant::ServiceAccount => ("client_credentials", "client_id", "client_secret"),
            Grant::Admin => ("password", "username", "password"),
        };
        let call = Call {
            body: Body::Form(vec![
                ("grant_type", kind.to_owned().into()),
                (id_field, id.to_owned().into()),
                (secret_field, secret.clone()),
            ]),
            // A second bearer harms nobody.
            repeat: Repeat::Harmless,
            ..Call::new(Verb::Post, self.inner.token.clone())
        };
        let failed =
            |status, code, message| Error::SignIn { grant: keeper.grant, status, code, message };
        // Of a POST, these two would say that the caller's write may have been carried out.
        let ours = |e| match e {
            Error::Unreadable { what, .. } => failed(200, None, what),
            Error::TooLarge { .. } => failed(200, None, "the answer is far too large".to_owned()),
            other => other,
        };
        let answer = self.exchange(&call, None).await.map_err(ours)?;
        if !answer.is_success() {
            let Refusal { code, message, .. } = Refusal::of(&answer, &self.inner.known);
            let error = failed(answer.status, code, message);
            if matches!(answer.status, 400 | 401 | 403) {
                *keeper.refused.lock().unwrap_or_else(PoisonError::into_inner) =
                    Some(error.clone());
            }
            return Err(error);
        }
        let grants: Grants = answer::read_secret(&call, &answer).map_err(ours)?;
        self.inner.known.learn(&grants.access_token);
        let life = grants.expires_in.map_or(DEFAULT_LIFE, Duration::from_secs);
        Ok((grants.access_token, life.min(LONGEST_LIFE)))
    }

    fn keeper(&self, grant: Grant) -> &Keeper {
        match grant {
            Grant::ServiceAccount => &self.inner.service_account,
            Grant::Admin => &self.inner.admin,
        }
    }
}
