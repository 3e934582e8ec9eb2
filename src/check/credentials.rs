//! The step that authenticates with each configured grant.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::finding::{Finding, Part};
use super::{Check, Configured, code, explained};
use crate::client::{Credentials, Grant};

/// The lifetime of an access token, in seconds, below which the check adds a remark.
const MIN_LIFETIME: u64 = 60;

/// The grants with which authentication succeeded.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct SignedIn {
    pub(super) service_account: bool,
    pub(super) admin: bool,
}

impl Check {
    /// Authenticates with each configured grant.
    pub(super) async fn credentials(&mut self, configured: &[Configured]) -> SignedIn {
        let mut signed_in = SignedIn::default();
        for credentials in configured {
            let done = self.grant(credentials).await;
            match credentials.grant {
                Grant::ServiceAccount => signed_in.service_account = done,
                Grant::Admin => signed_in.admin = done,
            }
        }
        if configured.iter().all(|it| it.absent) {
            let text = "no credentials are configured";
            let finding = Finding::failed(Part::Credentials, "credentials", "missing", text);
            self.output.add(finding.advise(
                "Ask an organization admin to create a service account, and set ANACONDA_CLIENT_ID and \
                 ANACONDA_CLIENT_SECRET.",
            ));
        }
        signed_in
    }

    async fn grant(&mut self, credentials: &Configured) -> bool {
        let (step, needed_for) = match credentials.grant {
            Grant::ServiceAccount => ("service_account", "users, seats, and tokens"),
            Grant::Admin => ("admin", "service accounts only"),
        };
        let grant = credentials.grant;
        let part = Part::Credentials;
        if credentials.absent {
            let text = format!("{grant}: not configured; needed for {needed_for}");
            let finding = match grant {
                Grant::ServiceAccount => Finding::remark(part, step, "missing", text)
                    .advise("Set ANACONDA_CLIENT_ID and ANACONDA_CLIENT_SECRET to manage them."),
                Grant::Admin => Finding::skipped(part, step, text),
            };
            self.output.add(finding);
            return false;
        }
        let sign_in = match &credentials.sign_in {
            Ok(sign_in) => sign_in,
            Err(why) => {
                let finding = Finding::failed(part, step, "incomplete", why.summary.clone());
                self.output.add(finding.advise(why.detail.clone()));
                return false;
            }
        };
        if let Credentials::AccessToken(token) = sign_in {
            let finding = configured_token(step, grant, token.expose(), Timestamp::now());
            let usable = finding.code != "expired";
            self.output.add(finding);
            return usable;
        }
        self.output.begin("authenticating");
        if let Err(error) = self.org.authenticate(grant).await {
            let code = code(&error);
            let (text, advice) = explained(error);
            self.output.add(Finding::failed(part, step, code, text).advise(advice));
            return false;
        }
        let life = self.recorder.seen().token_life;
        self.output.add(signed_in(step, grant, life));
        true
    }
}

fn signed_in(step: &'static str, grant: Grant, life: Option<u64>) -> Finding {
    let kind = match grant {
        Grant::ServiceAccount => "client_credentials",
        Grant::Admin => "password",
    };
    let text = format!("{grant}: authenticated ({kind})");
    let part = Part::Credentials;
    match life {
        Some(life) if life >= MIN_LIFETIME => {
            let text = format!("{text}; an access token expires after {life} seconds");
            Finding::ok(part, step, text).with("expires_in", life)
        }
        Some(life) => {
            let text = format!("{text}; an access token expires after only {life} seconds");
            Finding::remark(part, step, "short_life", text)
                .with("expires_in", life)
                .advise("The provider requests a new access token before each expiration, which requires more requests.")
        }
        None => {
            let text =
                format!("{text}; the response does not contain the lifetime of the access token");
            Finding::remark(part, step, "no_life", text)
                .advise("The provider renews it after 4 minutes. Report this with `--report FILE`.")
        }
    }
}

/// Returns the finding about a configured access token.
///
/// Many are JSON Web Tokens, which contain their expiration date.
fn configured_token(step: &'static str, grant: Grant, token: &str, now: Timestamp) -> Finding {
    let part = Part::Credentials;
    let text = format!("{grant}: an access token is configured; the provider does not renew it");
    match end(token) {
        None => Finding::ok(part, step, format!("{text}; its expiration date is unknown")),
        Some(end) if end <= now => {
            let text = format!("{grant}: the configured access token expired at {end}");
            Finding::failed(part, step, "expired", text).advise(
                "Configure a new access token. Or configure a client ID and a client secret, with which the \
                 provider requests access tokens.",
            )
        }
        Some(end) => {
            let left = end.as_second() - now.as_second();
            Finding::ok(part, step, format!("{text}; it expires at {end}")).with("expires_in", left)
        }
    }
}

/// Returns the expiration date of a JSON Web Token.
fn end(token: &str) -> Option<Timestamp> {
    let payload = token.split('.').nth(1)?;
    let payload = URL_SAFE_NO_PAD.decode(payload).ok()?;
    let claims: serde_json::Value = serde_json::from_slice(&payload).ok()?;
    Timestamp::from_second(claims.get("exp")?.as_i64()?).ok()
}

#[cfg(test)]
mod tests {
    use super::super::finding::Mark;
    use super::*;

    fn token(claims: &str) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims))
    }

    #[test]
    fn configured_access_token_shows_its_expiration() {
        let now: Timestamp = "2030-01-01T00:00:00Z".parse().unwrap();
        let step = |token: &str| configured_token("x", Grant::Admin, token, now);
        let in_an_hour = step(&token(&format!("{{\"exp\":{}}}", now.as_second() + 3600)));
        assert_eq!((in_an_hour.mark, &in_an_hour.data["expires_in"]), (Mark::Ok, &3600.into()));
        let over = step(&token(&format!("{{\"exp\":{}}}", now.as_second())));
        assert_eq!((over.mark, over.code), (Mark::Failed, "expired"));
        for opaque in ["opaque", "a.b.c", &token("{}"), &token("{\"exp\":\"soon\"}")] {
            assert_eq!(step(opaque).mark, Mark::Ok, "{opaque}");
        }
    }

    #[test]
    fn short_or_unknown_token_lifetime_gives_remark() {
        let mark = |life| signed_in("x", Grant::ServiceAccount, life).mark;
        assert_eq!(
            [mark(Some(900)), mark(Some(5)), mark(None)],
            [Mark::Ok, Mark::Remark, Mark::Remark]
        );
    }
}
