//! The sandbox's own path, `/_sandbox/…`: what the organization holds, what was asked of it, and
//! changes made behind Terraform's back.

use std::collections::BTreeSet;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

/// Talks to one sandbox as the person who owns it.
#[derive(Clone, Debug)]
pub(crate) struct Admin {
    client: reqwest::Client,
    url: String,
}

/// One request that the sandbox answered, on the API or on its token endpoint.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// `GET`, `POST`, …
    pub(crate) method: String,
    /// The path, with the organization and ids in it.
    pub(crate) path: String,
    /// The JSON body, secrets masked; null where there was none.
    pub(crate) body: Value,
    /// The status of the answer.
    pub(crate) status: u64,
}

impl Admin {
    pub(crate) fn new(url: String) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
        Self { client: client.build().unwrap(), url }
    }

    /// The whole organization, without secrets.
    pub(crate) async fn state(&self) -> Value {
        self.call(Method::GET, "state", None).await
    }

    /// The members, the sandbox's admin among them.
    pub(crate) async fn users(&self) -> Vec<Value> {
        list(&self.state().await, "users")
    }

    /// The member with that address, ignoring case.
    pub(crate) async fn user(&self, email: &str) -> Option<Value> {
        let matches = |user: &Value| {
            user["email"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(email))
        };
        self.users().await.into_iter().find(matches)
    }

    /// Ids of a member's live tokens.
    pub(crate) async fn live_tokens(&self, user_id: &str) -> Vec<String> {
        let user = self.users().await.into_iter().find(|user| user["id"] == user_id).unwrap();
        let live = list(&user, "tokens").into_iter().filter(|token| token["live"] == true);
        live.map(|token| text(&token, "id")).collect()
    }

    /// Names of the service accounts, the configured one among them.
    pub(crate) async fn service_accounts(&self) -> Vec<String> {
        let state = self.state().await;
        list(&state, "service_accounts").iter().map(|account| text(account, "name")).collect()
    }

    /// Changes how the sandbox behaves, or its clock.
    pub(crate) async fn set(&self, settings: Value) {
        self.call(Method::PATCH, "settings", Some(settings)).await;
    }

    /// A member made by hand; the answer is the id.
    pub(crate) async fn add_user(&self, user: Value) -> String {
        text(&self.call(Method::POST, "users", Some(user)).await, "id")
    }

    /// A member changed by hand.
    pub(crate) async fn change_user(&self, id: &str, change: Value) {
        self.call(Method::PATCH, &format!("users/{id}"), Some(change)).await;
    }

    /// A member who vanishes, with seat and tokens.
    pub(crate) async fn remove_user(&self, id: &str) {
        self.call(Method::DELETE, &format!("users/{id}"), None).await;
    }

    /// A token issued by hand; the answer is its id.
    pub(crate) async fn issue_token(&self, user_id: &str, expires_at: &str) -> String {
        let body = json!({"expires_at": expires_at});
        let path = format!("users/{user_id}/tokens");
        text(&self.call(Method::POST, &path, Some(body)).await, "id")
    }

    /// A token that somebody else revokes: the listing still shows it.
    pub(crate) async fn revoke_token(&self, user_id: &str, id: &str) {
        self.call(Method::DELETE, &format!("users/{user_id}/tokens/{id}"), None).await;
    }

    /// A token that vanishes from the listing.
    pub(crate) async fn delete_token(&self, user_id: &str, id: &str) {
        self.call(Method::DELETE, &format!("users/{user_id}/tokens/{id}?mode=vanish"), None).await;
    }

    /// A token whose expiry somebody else changes.
    pub(crate) async fn change_token(&self, user_id: &str, id: &str, expires_at: &str) {
        let body = json!({"expires_at": expires_at});
        self.call(Method::PATCH, &format!("users/{user_id}/tokens/{id}"), Some(body)).await;
    }

    /// A service account made by hand; the answer is its client id.
    pub(crate) async fn add_service_account(&self, name: &str) -> String {
        let made = self.call(Method::POST, "service-accounts", Some(json!({"name": name}))).await;
        text(&made, "client_id")
    }

    /// A service account that vanishes.
    pub(crate) async fn remove_service_account(&self, client_id: &str) {
        self.call(Method::DELETE, &format!("service-accounts/{client_id}"), None).await;
    }

    /// Every request since the start, or since [`Admin::clear_requests`], in order.
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

    /// The calls since the last [`Admin::clear_requests`] that meant to change something, each
    /// as `POST users` or `DELETE users/*/seats`, ids replaced by `*`. Signing in is not one.
    pub(crate) async fn writes(&self) -> Vec<String> {
        let requests = self.requests().await;
        let writes = requests.iter().filter(|r| r.method != "GET");
        writes.filter_map(Request::shape).collect()
    }

    /// Like [`Admin::writes`], with the reads.
    pub(crate) async fn calls(&self) -> Vec<String> {
        self.requests().await.iter().filter_map(Request::shape).collect()
    }

    /// The bodies of the calls of one kind, as in `POST users`, since the last
    /// [`Admin::clear_requests`].
    pub(crate) async fn bodies(&self, call: &str) -> Vec<Value> {
        let requests = self.requests().await.into_iter();
        requests.filter(|r| r.shape().as_deref() == Some(call)).map(|r| r.body).collect()
    }

    /// The different calls, like [`Admin::calls`], that were carried out: 2xx.
    pub(crate) async fn answered(&self) -> BTreeSet<String> {
        let requests = self.requests().await;
        let answered = requests.iter().filter(|r| (200..300).contains(&r.status));
        answered.filter_map(Request::shape).collect()
    }

    /// Starts a new list of requests.
    pub(crate) async fn clear_requests(&self) {
        self.call(Method::DELETE, "requests", None).await;
    }

    /// Every secret that ever existed here.
    pub(crate) async fn secrets(&self) -> Vec<String> {
        let secrets = self.call(Method::GET, "secrets", None).await;
        secrets.as_array().unwrap().iter().map(|s| s.as_str().unwrap().to_owned()).collect()
    }

    /// From now on requests meet a fault, as `docs/sandbox.md` describes it.
    pub(crate) async fn add_fault(&self, rule: Value) {
        self.call(Method::POST, "faults", Some(rule)).await;
    }

    /// No more faults. What hangs goes on.
    pub(crate) async fn clear_faults(&self) {
        self.call(Method::DELETE, "faults", None).await;
    }

    /// Waits until a request has met a fault.
    pub(crate) async fn until_fault_injected(&self) {
        while self.call(Method::GET, "faults", None).await[0]["struck"] == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether a service account can sign in with this secret.
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
    /// Method and path for people, as in `POST /users`: below the organization, ids as `*`.
    pub(crate) fn shown(&self) -> String {
        match self.shape() {
            Some(shape) => shape.replacen(' ', " /", 1),
            None => format!("{} {}", self.method, self.path),
        }
    }

    /// Method and path below the organization, ids as `*`; `None` for signing in.
    fn shape(&self) -> Option<String> {
        let (_, below) = self.path.split_once("/organizations/")?;
        let (_, below) = below.split_once('/')?;
        let known = |part: &str| part.parse::<uuid::Uuid>().is_err();
        let parts = below.split('/').map(|part| if known(part) { part } else { "*" });
        Some(format!("{} {}", self.method, parts.collect::<Vec<_>>().join("/")))
    }
}

/// The text of a field that has to be there.
pub(crate) fn text(object: &Value, field: &str) -> String {
    let text = object[field].as_str();
    text.unwrap_or_else(|| panic!("no text in {field} of {object}")).to_owned()
}

/// The elements of a field that has to be an array.
pub(crate) fn list(object: &Value, field: &str) -> Vec<Value> {
    let elements = object[field].as_array();
    elements.unwrap_or_else(|| panic!("no array in {field} of {object}")).clone()
}
