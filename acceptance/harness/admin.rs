//! The sandbox's own API, `/_sandbox/…`: reads the organization, reads the recorded requests, and
//! makes out-of-band changes.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

/// Client for the sandbox's own API.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    client: reqwest::Client,
    url: String,
}

/// One request to the API of the sandbox or to its token endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// Path with the organization and IDs.
    pub(crate) path: String,
    /// JSON body with masked secrets, or null if the request had no body.
    pub(crate) body: Value,
    /// Status of the response.
    pub(crate) status: u64,
}

impl Admin {
    pub(crate) fn new(url: String) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
        Self { client: client.build().unwrap(), url }
    }

    /// Returns the whole organization, without secrets.
    pub(crate) async fn state(&self) -> Value {
        self.call(Method::GET, "state", None).await
    }

    /// Returns the members, including the admin of the sandbox.
    pub(crate) async fn users(&self) -> Vec<Value> {
        list(&self.state().await, "users")
    }

    /// Returns the member with this email address (case-insensitive).
    pub(crate) async fn user(&self, email: &str) -> Option<Value> {
        let matches = |user: &Value| {
            user["email"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(email))
        };
        self.users().await.into_iter().find(matches)
    }

    /// Returns the IDs of a member's active tokens.
    pub(crate) async fn live_tokens(&self, user_id: &str) -> Vec<String> {
        let user = self.users().await.into_iter().find(|user| user["id"] == user_id).unwrap();
        let live = list(&user, "tokens").into_iter().filter(|token| token["live"] == true);
        live.map(|token| text(&token, "id")).collect()
    }

    /// Returns the names of the service accounts, including the configured one.
    pub(crate) async fn service_accounts(&self) -> Vec<String> {
        let state = self.state().await;
        list(&state, "service_accounts").iter().map(|account| text(account, "name")).collect()
    }

    /// Changes the behavior or the clock of the sandbox.
    pub(crate) async fn set(&self, settings: Value) {
        self.call(Method::PATCH, "settings", Some(settings)).await;
    }

    /// Adds a member out of band and returns its ID.
    pub(crate) async fn add_user(&self, user: Value) -> String {
        text(&self.call(Method::POST, "users", Some(user)).await, "id")
    }

    /// Changes a member out of band.
    pub(crate) async fn change_user(&self, id: &str, change: Value) {
        self.call(Method::PATCH, &format!("users/{id}"), Some(change)).await;
    }

    /// Deletes a member, with seat and tokens.
    pub(crate) async fn remove_user(&self, id: &str) {
        self.call(Method::DELETE, &format!("users/{id}"), None).await;
    }

    /// Issues a token out of band and returns its ID.
    pub(crate) async fn issue_token(&self, user_id: &str, expires_at: &str) -> String {
        let body = json!({"expires_at": expires_at});
        let path = format!("users/{user_id}/tokens");
        text(&self.call(Method::POST, &path, Some(body)).await, "id")
    }

    /// Revokes a token out of band. List responses still contain it.
    pub(crate) async fn revoke_token(&self, user_id: &str, id: &str) {
        self.call(Method::DELETE, &format!("users/{user_id}/tokens/{id}"), None).await;
    }

    /// Deletes a token, so that list responses no longer contain it.
    pub(crate) async fn delete_token(&self, user_id: &str, id: &str) {
        self.call(Method::DELETE, &format!("users/{user_id}/tokens/{id}?mode=vanish"), None).await;
    }

    /// Changes the expiration date of a token out of band.
    pub(crate) async fn change_token(&self, user_id: &str, id: &str, expires_at: &str) {
        let body = json!({"expires_at": expires_at});
        self.call(Method::PATCH, &format!("users/{user_id}/tokens/{id}"), Some(body)).await;
    }

    /// Creates a service account out of band and returns its client ID.
    pub(crate) async fn add_service_account(&self, name: &str) -> String {
        let made = self.call(Method::POST, "service-accounts", Some(json!({"name": name}))).await;
        text(&made, "client_id")
    }

    /// Deletes a service account.
    pub(crate) async fn remove_service_account(&self, client_id: &str) {
        self.call(Method::DELETE, &format!("service-accounts/{client_id}"), None).await;
    }

    /// Returns every request since the start, or since [`Admin::clear_requests`], in order.
    pub(crate) async fn requests(&self) -> Vec<Request> {
        let requests = self.call(Method::GET, "requests", None).await;
        let one = |request: &Value| Request {
            method: text(request, "method"),
            path: text(request, "path"),
            body: request["body"].clone(),
            status: request["status"].as_u64().unwrap_or_default(),
        };
        requests.as_array().unwrap().iter().map(one).collect()
    }

    /// Returns the write requests since the last [`Admin::clear_requests`], each as `POST users` or
    /// `DELETE users/*/seats`, with IDs replaced by `*`. Authentication requests are not included.
    pub(crate) async fn writes(&self) -> Vec<String> {
        let requests = self.requests().await;
        let writes = requests.iter().filter(|r| r.method != "GET");
        writes.filter_map(Request::shape).collect()
    }

    /// Like [`Admin::writes`], but includes read requests.
    pub(crate) async fn calls(&self) -> Vec<String> {
        self.requests().await.iter().filter_map(Request::shape).collect()
    }

    /// Returns the bodies of the requests of one kind, such as `POST users`, since the last
    /// [`Admin::clear_requests`].
    pub(crate) async fn bodies(&self, call: &str) -> Vec<Value> {
        let requests = self.requests().await.into_iter();
        requests.filter(|r| r.shape().as_deref() == Some(call)).map(|r| r.body).collect()
    }

    /// Returns the distinct requests, as in [`Admin::calls`], with a 2xx response.
    pub(crate) async fn answered(&self) -> BTreeSet<String> {
        let requests = self.requests().await;
        let answered = requests.iter().filter(|r| (200..300).contains(&r.status));
        answered.filter_map(Request::shape).collect()
    }

    /// Clears the recorded requests.
    pub(crate) async fn clear_requests(&self) {
        self.call(Method::DELETE, "requests", None).await;
    }

    /// Returns every secret that ever existed in the sandbox.
    pub(crate) async fn secrets(&self) -> Vec<String> {
        let secrets = self.call(Method::GET, "secrets", None).await;
        secrets.as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect()
    }

    /// Adds a fault rule for later requests, as described in `docs/sandbox.md`.
    pub(crate) async fn add_fault(&self, rule: Value) {
        self.call(Method::POST, "faults", Some(rule)).await;
    }

    /// Removes all fault rules. Hanging requests continue.
    pub(crate) async fn clear_faults(&self) {
        self.call(Method::DELETE, "faults", None).await;
    }

    /// Waits until the sandbox has injected a fault into a request.
    pub(crate) async fn until_fault_injected(&self) {
        while self.call(Method::GET, "faults", None).await[0]["struck"] == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether a service account can authenticate with this secret.
    pub(crate) async fn accepts_credentials(&self, client_id: &str, client_secret: &str) -> bool {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
        ];
        let url = format!("{}/api/iam/token", self.url);
        self.client.post(url).form(&form).send().await.unwrap().status().is_success()
    }

    async fn call(&self, method: Method, path: &str, body: Option<Value>) -> Value {
        let url = format!("{}/_sandbox/{path}", self.url);
        let mut request = self.client.request(method.clone(), &url);
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap_or_else(|e| panic!("{method} {url}: {e}"));
        let status = answer.status();
        let body = answer.text().await.unwrap();
        assert!(status.is_success(), "{method} {url}: {status} {body}");
        if body.is_empty() { Value::Null } else { serde_json::from_str(&body).unwrap() }
    }
}

impl Request {
    /// Returns method and path for messages, such as `POST /users`: below the organization, IDs as
    /// `*`.
    pub(crate) fn shown(&self) -> String {
        match self.shape() {
            Some(shape) => shape.replacen(' ', " /", 1),
            None => format!("{} {}", self.method, self.path),
        }
    }

    /// Returns method and path below the organization, IDs as `*`. Authentication requests have
    /// none.
    fn shape(&self) -> Option<String> {
        let (_, below) = self.path.split_once("/organizations/")?;
        let (_, below) = below.split_once('/')?;
        let known = |part: &str| part.parse::<uuid::Uuid>().is_err();
        let parts = below.split('/').map(|part| if known(part) { part } else { "*" });
        Some(format!("{} {}", self.method, parts.collect::<Vec<_>>().join("/")))
    }
}

/// Returns the text of a required field.
pub(crate) fn text(object: &Value, field: &str) -> String {
    let text = object[field].as_str();
    text.unwrap_or_else(|| panic!("no text in {field} of {object}")).to_owned()
}

/// Returns the elements of a required array field.
pub(crate) fn list(object: &Value, field: &str) -> Vec<Value> {
    let elements = object[field].as_array();
    elements.unwrap_or_else(|| panic!("no array in {field} of {object}")).clone()
}
