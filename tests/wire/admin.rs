//! The sandbox's own endpoints: recorded requests and out-of-band changes.

use std::time::Duration;

use serde_json::{Value, json};
use terraform_provider_anaconda::sandbox::{Options, Sandbox};

/// Sandbox that belongs to one test.
#[derive(Debug)]
pub(crate) struct Organization {
    sandbox: Sandbox,
    client: reqwest::Client,
}

impl Organization {
    pub(crate) async fn start() -> Self {
        Self::with(Options::default()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
        let sandbox = Sandbox::start(options).await.unwrap();
        Self { sandbox, client: client.build().unwrap() }
    }

    pub(crate) fn url(&self) -> String {
        self.sandbox.url()
    }

    /// Sends a request to a path below `/_sandbox`.
    pub(crate) async fn call(&self, method: &str, path: &str, body: Value) -> Value {
        let url = format!("{}/_sandbox/{path}", self.url());
        let mut request = self.client.request(method.parse().unwrap(), url);
        if !body.is_null() {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let answer = request.send().await.unwrap();
        let (status, text) = (answer.status(), answer.text().await.unwrap());
        assert!(status.is_success(), "{method} {path}: {status} {text}");
        if text.is_empty() { Value::Null } else { serde_json::from_str(&text).unwrap() }
    }

    /// Adds a member. Returns the ID.
    pub(crate) async fn add_user(&self, email: &str) -> String {
        let user = self.call("POST", "users", json!({"email": email})).await;
        user["id"].as_str().unwrap().to_owned()
    }

    /// Returns the member with this email address.
    pub(crate) async fn user(&self, email: &str) -> Option<Value> {
        let state = self.call("GET", "state", Value::Null).await;
        let users = state["users"].as_array().unwrap();
        let same = |user: &&Value| {
            user["email"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(email))
        };
        users.iter().find(same).cloned()
    }

    /// Waits until the sandbox accepts connections again, after a fault that refuses them.
    pub(crate) async fn reachable(&self) {
        let url = format!("{}/_sandbox/faults", self.url());
        while self.client.get(&url).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Returns how often the sandbox has injected the first fault rule.
    pub(crate) async fn struck(&self) -> u64 {
        let faults = self.call("GET", "faults", Value::Null).await;
        faults[0]["struck"].as_u64().unwrap()
    }

    /// Waits until the sandbox has injected the first fault rule.
    pub(crate) async fn until_fault_injected(&self) {
        while self.struck().await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns whether the API accepts the credentials of a service account in the state.
    pub(crate) async fn accepts_credentials(&self, account: &Value) -> bool {
        let text = |name: &str| account[name].as_str().unwrap_or_default().to_owned();
        let form = [
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", text("client_id")),
            ("client_secret", text("client_secret")),
        ];
        let url = format!("{}/api/iam/token", self.url());
        self.client.post(url).form(&form).send().await.unwrap().status().is_success()
    }

    /// Returns the method and path of every request so far, without requests to the sandbox's own
    /// endpoints.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let requests = self.call("GET", "requests", Value::Null).await;
        let shape = |request: &Value| {
            format!("{} {}", request["method"].as_str().unwrap(), request["path"].as_str().unwrap())
        };
        requests.as_array().unwrap().iter().map(shape).collect()
    }
}

/// Returns the provider block for an organization at `url`, with the sandbox's credentials.
pub(crate) fn provider_block(url: &str) -> Value {
    let all = Options::default();
    json!({
        "organization_id": all.organization,
        "client_id": all.client_id,
        "client_secret": all.client_secret,
        "admin_username": all.admin_username,
        "admin_password": all.admin_password,
        "base_url": url,
    })
}
