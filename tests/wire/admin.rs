//! The sandbox's own paths: what was asked of it, and changes behind the provider's back.

use std::time::Duration;

use serde_json::{Value, json};
use terraform_provider_anaconda::sandbox::{Options, Sandbox};

/// A sandbox of the test's own.
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

    /// Whatever is below the sandbox's own path.
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

    /// A member; answers the id.
    pub(crate) async fn add_user(&self, email: &str) -> String {
        let user = self.call("POST", "users", json!({"email": email})).await;
        user["id"].as_str().unwrap().to_owned()
    }

    /// The member with that address.
    pub(crate) async fn user(&self, email: &str) -> Option<Value> {
        let state = self.call("GET", "state", Value::Null).await;
        let users = state["users"].as_array().unwrap();
        let same = |user: &&Value| {
            user["email"].as_str().is_some_and(|known| known.eq_ignore_ascii_case(email))
        };
        users.iter().find(same).cloned()
    }

    /// Waits until connections are taken again, after a fault that refuses them.
    pub(crate) async fn reachable(&self) {
        let url = format!("{}/_sandbox/faults", self.url());
        while self.client.get(&url).send().await.is_err() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// How often the first rule of a fault has struck.
    pub(crate) async fn struck(&self) -> u64 {
        let faults = self.call("GET", "faults", Value::Null).await;
        faults[0]["struck"].as_u64().unwrap()
    }

    /// Waits until the first rule of a fault has struck.
    pub(crate) async fn until_fault_injected(&self) {
        while self.struck().await == 0 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Whether a service account as the state has it can sign in.
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

    /// Method and path of every request so far, but for those here.
    pub(crate) async fn requests(&self) -> Vec<String> {
        let requests = self.call("GET", "requests", Value::Null).await;
        let shape = |request: &Value| {
            format!("{} {}", request["method"].as_str().unwrap(), request["path"].as_str().unwrap())
        };
        requests.as_array().unwrap().iter().map(shape).collect()
    }
}

/// The provider block for an organization at `url`, with the sandbox's credentials.
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
