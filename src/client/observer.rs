//! [`ResponseObserver`]: receives each unmodified response before the client processes it.
//!
//! For diagnosis only.

use std::net::SocketAddr;

use reqwest::Response;
use reqwest::header::HeaderMap;

use super::http::{self, Outcome};
use super::request::ApiRequest;
use super::{Error, Grant, Org, Url};

/// Unmodified response.
#[derive(Debug)]
#[non_exhaustive]
pub struct ObservedResponse<'a> {
    /// HTTP method of the request.
    pub method: &'static str,
    /// URL of the request. Contains IDs.
    pub url: &'a Url,
    /// HTTP status.
    pub status: u16,
    /// HTTP version, such as `HTTP/1.1`.
    pub version: String,
    /// Headers. Their values might be confidential.
    pub headers: &'a HeaderMap,
    /// Address of the other end of the connection: the proxy, if there is one.
    pub peer: Option<SocketAddr>,
    /// Decompressed body. The body of the token endpoint contains secrets.
    pub body: &'a [u8],
}

/// Receives each complete response, from any thread.
pub trait ResponseObserver: Send + Sync {
    /// Receives one response.
    fn saw(&self, sighting: &ObservedResponse<'_>);
}

/// Reads a response as [`http::read`] does, and passes it to `tap`.
pub(super) async fn read(
    tap: &dyn ResponseObserver,
    call: &ApiRequest,
    response: Response,
) -> Outcome {
    let (headers, peer) = (response.headers().clone(), response.remote_addr());
    let version = format!("{:?}", response.version());
    let outcome = http::read(response).await;
    if let Ok(answer) = &outcome {
        tap.saw(&ObservedResponse {
            method: call.verb.as_str(),
            url: &call.url,
            status: answer.status,
            version,
            headers: &headers,
            peer,
            body: &answer.body,
        });
    }
    outcome
}

impl Org {
    /// Authenticates, unless there is an access token with enough remaining lifetime.
    ///
    /// # Errors
    /// As [`Org::access_token`].
    pub async fn authenticate(&self, grant: Grant) -> Result<(), Error> {
        self.bearer(grant).await.map(drop)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use serde_json::{Value, json};

    use super::super::testing::{Server, listed, on, sign_in};
    use super::*;

    #[derive(Default)]
    struct Notes(Mutex<Vec<(String, u16, Value)>>);

    impl ResponseObserver for Notes {
        fn saw(&self, sighting: &ObservedResponse<'_>) {
            assert_eq!(sighting.headers["content-type"], "application/json");
            assert_eq!(sighting.version, "HTTP/1.1");
            let line = format!("{} {}", sighting.method, sighting.url.path());
            let body = serde_json::from_slice(sighting.body).unwrap();
            self.0.lock().unwrap().push((line, sighting.status, body));
        }
    }

    #[tokio::test]
    async fn observer_sees_successes_and_errors_unchanged() {
        let users = "GET ./users?include_groups=false";
        let refused = json!({"error": {"code": "x", "message": "No"}});
        let listing = json!({"items": [listed(1)], "more": {"a": 1}});
        let server = Server::start([
            sign_in("bearer", 900),
            on(users, 403, &refused),
            on(users, 200, &listing),
        ])
        .await;
        let notes = Arc::new(Notes::default());
        let org = Org::with_observer(server.settings(), Arc::<Notes>::clone(&notes)).unwrap();
        assert!(org.users().await.is_err());
        assert_eq!(org.users().await.unwrap().unwrap().len(), 1);
        let seen = notes.0.lock().unwrap();
        let statuses: Vec<_> = seen.iter().map(|(_, status, _)| *status).collect();
        assert_eq!(statuses, [200, 403, 200]);
        assert_eq!((&seen[1].2, &seen[2].2), (&refused, &listing));
        assert_eq!(seen[2].0, "GET /api/v1/organizations/acme/users");
    }

    #[tokio::test]
    async fn early_authentication_needs_no_second_token_request() {
        let users = on("GET ./users?include_groups=false", 200, &json!({"items": [listed(1)]}));
        let server = Server::start([sign_in("bearer", 900), users]).await;
        let org = server.org();
        org.authenticate(Grant::ServiceAccount).await.unwrap();
        org.users().await.unwrap();
    }
}
