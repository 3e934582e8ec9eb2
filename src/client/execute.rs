//! Executes an [`ApiRequest`]: adds an access token, makes the attempts, and returns the response
//! or an error that states what is known.

use std::sync::Arc;
use std::time::Duration;

use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::http::{self, ApiResponse, Failure, Outcome};
use super::request::ApiRequest;
use super::response::{self, ErrorResponse};
use super::retry::{self, Idempotency, Until};
use super::throttle::stopped;
use super::trace::Trace;
use super::{Error, Grant, Org};
use crate::secret::Secret;

/// Maximum time for retries of a request without a deadline; see [`Org::within`].
const LONGEST_CALL: Duration = Duration::from_secs(10 * 60);

impl Org {
    /// Sends a request and reads the body of its success response.
    pub(super) async fn read<T: DeserializeOwned>(
        &self,
        grant: Grant,
        call: ApiRequest,
    ) -> Result<T, Error> {
        let answer = self.send(grant, &call).await?;
        response::read(&call, &answer, &self.inner.known)
    }

    /// Sends a request whose success response has no body to read.
    pub(super) async fn execute(&self, grant: Grant, call: ApiRequest) -> Result<(), Error> {
        let answer = self.send(grant, &call).await?;
        response::read_nothing(&call, &answer)
    }

    /// Sends a request. Returns the response of a success, or [`Error::Api`].
    pub(super) async fn send(&self, grant: Grant, call: &ApiRequest) -> Result<ApiResponse, Error> {
        let answer = self.send_authenticated(grant, call).await?;
        if answer.is_success() {
            return Ok(answer);
        }
        let status = answer.status;
        Err(ErrorResponse::of(&answer, &self.inner.known).into_error(call, status))
    }

    /// Sends a request with an access token. Replaces a rejected token once, because it might have
    /// been revoked, or the clocks might differ.
    ///
    /// If the token was rejected, the API processed nothing. Therefore a POST can also be sent
    /// again.
    pub(super) async fn send_authenticated(
        &self,
        grant: Grant,
        call: &ApiRequest,
    ) -> Result<ApiResponse, Error> {
        let bearer = self.bearer(grant).await?;
        let answer = self.send_with_retries(call, Some(&bearer.token)).await?;
        if !response::rejects_access_token(&answer) {
            return Ok(answer);
        }
        let bearer = self.replace_rejected_token(grant, &bearer).await?;
        self.send_with_retries(call, Some(&bearer.token)).await
    }

    /// Sends a request with the retries that it needs and allows. Any status except a gateway's
    /// counts as a response.
    pub(super) async fn send_with_retries(
        &self,
        call: &ApiRequest,
        bearer: Option<&Secret>,
    ) -> Result<ApiResponse, Error> {
        // Do not create objects after cancellation: Terraform might no longer record them.
        if call.idempotency == Idempotency::NonIdempotent && self.stop.is_cancelled() {
            return Err(stopped(call));
        }
        let mut attempt = 1;
        let until = self.until();
        loop {
            let slot = self.inner.throttle.acquire(call, until.time(), &self.stop).await?;
            let outcome = self.attempt(call, bearer, attempt).await?;
            // The slot is held for one attempt, not during the delays between attempts.
            drop(slot);
            let next = self.inner.pace.next(call.idempotency, attempt, &outcome, until);
            match next.rest {
                Some(rest) => self.inner.throttle.on_rate_limited(rest),
                None if outcome.is_ok() => self.inner.throttle.on_response(),
                None => {}
            }
            let Some(delay) = next.delay else { return classify_outcome(call, attempt, outcome) };
            if !retry::pause(delay, &self.stop).await {
                return Err(stopped(call));
            }
            attempt += 1;
        }
    }

    /// Returns the limit of the retries for a request that starts now.
    fn until(&self) -> Until {
        self.until.unwrap_or_else(|| Until::Tries(Instant::now().checked_add(LONGEST_CALL)))
    }

    async fn attempt(
        &self,
        call: &ApiRequest,
        bearer: Option<&Secret>,
        attempt: u32,
    ) -> Result<Outcome, Error> {
        let begin = Instant::now();
        let mut outcome = self.inner.http.send(call, bearer).await?;
        if let Ok(answer) = &mut outcome {
            answer.trace = answer.trace.masked(&self.inner.known);
        }
        let trace = outcome.as_ref().map(|answer| &answer.trace).ok();
        tracing::debug!(
            method = call.verb.as_str(),
            path = call.url.path(),
            status = outcome.as_ref().map_or(0, |answer| answer.status),
            duration_ms = u64::try_from(begin.elapsed().as_millis()).unwrap_or(u64::MAX),
            attempt,
            cf_ray = trace.and_then(Trace::cf_ray),
            x_request_id = trace.and_then(Trace::request_id),
            "API request"
        );
        Ok(outcome)
    }
}

/// Converts the outcome of the last attempt into a response or an error.
fn classify_outcome(
    call: &ApiRequest,
    attempts: u32,
    outcome: Outcome,
) -> Result<ApiResponse, Error> {
    let (method, path) = (call.verb.as_str(), call.path());
    let non_idempotent = call.idempotency == Idempotency::NonIdempotent;
    match outcome {
        // The API did not process a 503 with `Retry-After`. It might have processed the others.
        Ok(ApiResponse { status, retry_after, trace, .. })
            if non_idempotent
                && (retry::is_gateway(status) || status == 503 && retry_after.is_none()) =>
        {
            let why = format!("a gateway returned {status}, and might have forwarded the request");
            Err(Error::OutcomeUnknown { method, path, why, trace, source: None })
        }
        Ok(answer) => Ok(answer),
        Err(Failure::Lost(source)) if non_idempotent => {
            let why = "connection closed or timed out before the response";
            let source = Some(Arc::new(source));
            let (why, trace) = (why.to_owned(), Trace::default());
            Err(Error::OutcomeUnknown { method, path, why, trace, source })
        }
        Err(Failure::Lost(source) | Failure::NotConnected { source, .. }) => {
            let source = Arc::new(source);
            Err(Error::Unreachable { method, path, host: call.host(), attempts, source })
        }
        Err(Failure::TooLarge) => Err(Error::TooLarge { method, path, limit: http::LARGEST }),
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Value, json};
    use tokio_util::sync::CancellationToken;

    use super::super::NewUser;
    use super::super::testing::*;
    use super::*;

    const USERS: &str = "GET ./users?include_groups=false";

    fn users() -> Exchange {
        on(USERS, 200, &json!({"items": [listed(1)]}))
    }

    /// Returns the error of adding a user for this response.
    async fn post_answered(exchange: Exchange) -> Error {
        let server = Server::signed_in([exchange]).await;
        server.org().add_user(&NewUser::default()).await.unwrap_err()
    }

    #[tokio::test]
    async fn read_retries_until_it_succeeds() {
        let busy = on_raw(USERS, 429, "retry-after: 0\r\n", b"");
        let server = Server::signed_in([busy, users().cut_to(0), users()]).await;
        server.org().users().await.unwrap();
    }

    #[tokio::test]
    async fn read_retries_after_server_and_cloudflare_errors() {
        let failed = |status| on(USERS, status, &Value::Null);
        for status in [500, 520, 521, 522, 523, 524, 530] {
            let server = Server::signed_in([failed(status), users()]).await;
            server.org().users().await.unwrap();
        }
        let delete = format!("DELETE ./users/{}", user_id(1));
        let server =
            Server::signed_in([on(&delete, 522, &Value::Null), on(&delete, 204, &Value::Null)])
                .await;
        server.org().remove_user(&user_id(1)).await.unwrap();
    }

    #[tokio::test]
    async fn configured_timeout_has_no_retry_count() {
        let busy = || on_raw(USERS, 503, "retry-after: 0\r\n", b"");
        let server = Server::signed_in((0..9).map(|_| busy()).chain([users()])).await;
        server.org().within(Duration::from_secs(60)).users().await.unwrap();
        let server = Server::signed_in((0..3).map(|_| busy())).await;
        let error = server.org().at_most(Duration::from_secs(60)).users().await.unwrap_err();
        assert_eq!(error.status(), Some(503));
    }

    #[tokio::test]
    async fn error_includes_request_ids_for_support() {
        let headers = "cf-ray: 8f2a-FRA\r\nx-request-id: 7d1f\r\n";
        let quote = " [quote to Anaconda support: cf-ray 8f2a-FRA, x-request-id 7d1f]";
        for status in [422, 500, 522] {
            let error = post_answered(on_raw("POST ./users", status, headers, b"")).await;
            assert!(error.to_string().ends_with(quote), "{error}");
        }
        let error = post_answered(on_raw("POST ./users", 200, headers, b"{}")).await;
        assert!(error.to_string().ends_with(quote), "{error}");
        let server = Server::start([on_raw("POST /api/iam/token", 400, headers, b"")]).await;
        let error = server.org().users().await.unwrap_err();
        assert!(error.to_string().ends_with(quote), "{error}");
    }

    #[tokio::test]
    async fn truncated_read_response_is_requested_again() {
        let server = Server::signed_in([users().cut_to(150), users()]).await;
        server.org().users().await.unwrap();
    }

    #[tokio::test]
    async fn last_error_reports_number_of_attempts() {
        let server = Server::signed_in((0..3).map(|_| users().cut_to(0))).await;
        let error = server.org().users().await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { attempts: 3, .. }), "{error:?}");
        assert!(error.to_string().contains("no response from 127.0.0.1:"), "{error}");
    }

    #[tokio::test]
    async fn post_without_response_is_not_retried() {
        let error = post_answered(on("POST ./users", 200, &Value::Null).cut_to(0)).await;
        assert!(matches!(error, Error::OutcomeUnknown { source: Some(_), .. }), "{error:?}");
        assert!(error.outcome_unknown());
    }

    #[tokio::test]
    async fn post_with_gateway_error_is_not_retried() {
        for status in [502, 503, 504, 520, 521, 522, 523, 524, 530] {
            let error = post_answered(on("POST ./users", status, &Value::Null)).await;
            assert!(matches!(error, Error::OutcomeUnknown { source: None, .. }), "{error:?}");
            assert!(error.to_string().contains(&format!("returned {status}")), "{error}");
        }
    }

    #[tokio::test]
    async fn post_with_server_error_has_unknown_outcome() {
        let failed = json!({"error": {"code": "internal", "message": "Oops"}});
        let error = post_answered(on("POST ./users", 500, &failed)).await;
        assert_eq!((error.status(), error.outcome_unknown()), (Some(500), true));
    }

    #[tokio::test]
    async fn post_retries_only_if_surely_not_processed() {
        let later = |status| on_raw("POST ./users", status, "retry-after: 0\r\n", b"");
        let added = on("POST ./users", 200, &json!({"id": user_id(5)}));
        let server = Server::signed_in([later(503), later(429), added]).await;
        server.org().add_user(&NewUser::default()).await.unwrap();

        let server = Server::signed_in([later(503), later(503), later(503)]).await;
        let error = server.org().add_user(&NewUser::default()).await.unwrap_err();
        assert_eq!((error.status(), error.outcome_unknown()), (Some(503), false));
    }

    #[tokio::test]
    async fn post_without_connection_retries_and_stays_unsent() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut settings = settings(&format!("http://{}", listener.local_addr().unwrap()));
        drop(listener);
        settings.service_account =
            Ok(super::super::Credentials::AccessToken(Secret::new("b".into())));
        let error = org(settings).add_user(&NewUser::default()).await.unwrap_err();
        assert!(matches!(error, Error::Unreachable { attempts: 3, .. }), "{error:?}");
        assert!(!error.outcome_unknown());
    }

    #[tokio::test]
    async fn post_timeout_has_unknown_outcome_error() {
        let (held, _release) = on("POST ./users", 200, &Value::Null).held();
        let server = Server::start([held]).await;
        let mut settings = server.settings();
        settings.service_account =
            Ok(super::super::Credentials::AccessToken(Secret::new("b".into())));
        settings.request_timeout = Duration::from_millis(400);
        let error = org(settings).add_user(&NewUser::default()).await.unwrap_err();
        assert!(error.outcome_unknown(), "{error:?}");
    }

    #[tokio::test]
    async fn wait_beyond_deadline_is_not_started() {
        let busy = on_raw(USERS, 429, "retry-after: 30\r\n", b"");
        let server = Server::signed_in([busy]).await;
        let org = server.org().within(Duration::from_secs(20));
        let begin = Instant::now();
        assert_eq!(org.users().await.unwrap_err().status(), Some(429));
        assert!(begin.elapsed() < Duration::from_secs(15), "{:?}", begin.elapsed());
    }

    #[tokio::test(start_paused = true)]
    async fn request_deadline_defaults_to_ten_minutes() {
        let org = org(settings("https://anaconda.invalid"));
        let minutes = |org: &Org| (org.until().time().unwrap() - Instant::now()).as_secs() / 60;
        let longer = Duration::from_secs(1200);
        assert_eq!((minutes(&org), minutes(&org.within(longer))), (10, 20));
        assert!(org.within(longer).until().is_meant() && !org.at_most(longer).until().is_meant());
    }

    #[tokio::test]
    async fn redirect_response_is_not_followed() {
        let to = "location: https://sso.example.com/login?ticket=abc\r\n";
        let server = Server::signed_in([on_raw(USERS, 302, to, b"")]).await;
        let error = server.org().users().await.unwrap_err();
        let text = error.to_string();
        assert_eq!(error.status(), Some(302));
        assert!(text.contains("a redirect to https://sso.example.com/login"), "{text}");
        assert!(!text.contains("ticket"), "{text}");
    }

    #[tokio::test]
    async fn response_size_has_upper_limit() {
        let body = vec![b' '; http::LARGEST + 1];
        let server = Server::signed_in([on_raw(USERS, 200, "", &body)]).await;
        let error = server.org().users().await.unwrap_err();
        assert!(matches!(error, Error::TooLarge { .. }), "{error:?}");
    }

    #[tokio::test]
    async fn html_response_is_no_success() {
        let page = b"<!doctype html><title>Sign in</title>";
        let delete = format!("DELETE ./users/{}", user_id(1));
        let server = Server::signed_in([
            on_raw(&delete, 200, "content-type: text/html; charset=utf-8\r\n", page),
            on_raw(USERS, 200, "", page),
        ])
        .await;
        let org = server.org();
        for error in [org.remove_user(&user_id(1)).await.err(), org.users().await.err()] {
            let text = error.unwrap().to_string();
            assert!(text.contains("a web page instead of JSON"), "{text}");
        }
    }

    #[tokio::test]
    async fn unreadable_response_does_not_confirm_deletion() {
        let delete = format!("DELETE ./users/{}", user_id(1));
        let garbage = |body| on_raw(&delete, 200, "content-type: application/json\r\n", body);
        let (json, empty) = (garbage(b"{\"id\": 1}"), garbage(b"\r\n"));
        let server = Server::signed_in([garbage(b"\xff{\"id\":"), json, empty]).await;
        let org = server.org();
        let error = org.remove_user(&user_id(1)).await.unwrap_err();
        assert!(matches!(error, Error::Unreadable { .. }), "{error:?}");
        for _ in 0..2 {
            org.remove_user(&user_id(1)).await.unwrap();
        }
    }

    #[tokio::test]
    async fn cancellation_ends_waits_but_not_requests() {
        let delete = format!("DELETE ./users/{}", user_id(1));
        let (sent, release) = on(&delete, 204, &Value::Null).held();
        let busy = on_raw(USERS, 429, "retry-after: 60\r\n", b"");
        let server = Server::signed_in([sent, busy]).await;
        let stop = CancellationToken::new();
        let (org, one) = (server.org().with_cancellation(stop.clone()), user_id(1));
        let (removed, ()) = tokio::join!(org.remove_user(&one), async {
            server.wait_for(2).await;
            let (waiting, ()) = tokio::join!(org.users(), async {
                server.wait_for(3).await;
                stop.cancel();
            });
            assert!(matches!(waiting, Err(Error::Stopped { .. })), "{waiting:?}");
            release.send(()).unwrap();
        });
        removed.unwrap();
    }

    #[tokio::test]
    async fn cancellation_prevents_creates_and_completes_started_work() {
        let deleted = on(&format!("DELETE ./users/{}", user_id(1)), 204, &Value::Null);
        let server = Server::signed_in([deleted]).await;
        let stop = CancellationToken::new();
        let org = server.org().with_cancellation(stop.clone());
        stop.cancel();
        let error = org.add_user(&NewUser::default()).await.unwrap_err();
        assert!(matches!(error, Error::Stopped { .. }), "{error:?}");
        org.remove_user(&user_id(1)).await.unwrap();
    }

    #[tokio::test]
    async fn credentials_require_https_except_on_loopback() {
        let error = org(settings("http://anaconda.invalid")).users().await.unwrap_err();
        assert!(error.to_string().contains("require https"), "{error}");
    }

    #[tokio::test]
    async fn secrets_in_response_text_are_masked() {
        let text = format!("for {BEARER}: {CLIENT_SECRET}, {PASSWORD}");
        let refusal = json!({"error": {"code": BEARER, "message": text},});
        let server = Server::signed_in([on(USERS, 403, &refusal)]).await;
        let error = server.org().users().await.unwrap_err();
        assert_eq!(error.message(), "for ***: ***, ***");
        assert!(!format!("{error} {error:?}").contains(BEARER));
    }
}
