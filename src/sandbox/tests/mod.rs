//! The sandbox over HTTP: what the endpoints answer, in both dialects, and to whom.

mod access_tokens;
mod admin;
mod dialects;
mod endpoints;
mod faults;
mod lag_and_limit;
mod page;
mod persistence;
mod strictness;

use std::time::Duration;

use reqwest::{Client, Method, Response};
use serde_json::{Value, json};

use super::{Options, Sandbox};

/// An answer, as far as tests look at it.
#[derive(Debug)]
struct Answer {
    status: u16,
    content_type: String,
    text: String,
    json: Value,
}

impl Answer {
    /// The message of the API's error body; panics on any other body.
    fn error(&self) -> &str {
        self.json["error"]["message"].as_str().unwrap_or_else(|| panic!("no error body: {self:?}"))
    }

    /// Status and message of a refused request.
    fn refusal(&self) -> (u16, &str) {
        (self.status, self.error())
    }

    /// Places of all problems of a 422.
    fn problems(&self) -> Vec<String> {
        assert_eq!(self.status, 422, "{self:?}");
        let detail = self.json["detail"].as_array().expect("no detail");
        assert!(detail.iter().all(|p| p["msg"].is_string() && p["type"].is_string()), "{self:?}");
        let place = |problem: &Value| {
            let loc = problem["loc"].as_array().unwrap();
            loc.iter().map(|l| l.as_str().map_or(l.to_string(), str::to_owned)).collect::<Vec<_>>()
        };
        detail.iter().map(|problem| place(problem).join(".")).collect()
    }

    /// Whether this is a router's page and not an answer of the API.
    fn is_page(&self) -> bool {
        self.content_type.starts_with("text/html") && self.json.is_null()
    }

    async fn of(response: Response) -> Self {
        let content_type = response.headers().get("content-type");
        let content_type = content_type.map(|v| v.to_str().unwrap().to_owned()).unwrap_or_default();
        let status = response.status().as_u16();
        let text = response.text().await.unwrap();
        let json = serde_json::from_str(&text).unwrap_or_default();
        Self { status, content_type, text, json }
    }
}

/// A sandbox, an HTTP client, and a bearer of each kind.
struct Bench {
    sandbox: Sandbox,
    http: Client,
    account: String,
    admin: String,
}

impl Bench {
    async fn new() -> Self {
        Self::with(Options::default()).await
    }

    async fn with(options: Options) -> Self {
        let http = Client::builder()
            .timeout(Duration::from_secs(30))
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .unwrap();
        let sandbox = Sandbox::start(options.clone()).await.unwrap();
        let mut bench = Self { sandbox, http, account: String::new(), admin: String::new() };
        bench.account = bench.sign_in_account(&options.client_id, &options.client_secret).await;
        bench.admin = bench.sign_in_admin().await;
        bench
    }

    async fn sign_in(&self, form: &[(&str, &str)]) -> Answer {
        let url = format!("{}/api/iam/token", self.sandbox.url());
        Answer::of(self.http.post(url).form(form).send().await.unwrap()).await
    }

    async fn sign_in_account(&self, client_id: &str, client_secret: &str) -> String {
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", client_id),
            ("client_secret", client_secret),
        ];
        let answer = self.sign_in(&form).await;
        answer.json["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    async fn sign_in_admin(&self) -> String {
        let Options { admin_username, admin_password, .. } = Options::default();
        let form = [
            ("grant_type", "password"),
            ("username", admin_username.as_str()),
            ("password", admin_password.as_str()),
        ];
        let answer = self.sign_in(&form).await;
        answer.json["access_token"].as_str().unwrap_or_else(|| panic!("{answer:?}")).to_owned()
    }

    /// Any request, to a path from the root.
    async fn send(
        &self,
        (method, path): (&str, &str),
        bearer: Option<&str>,
        body: Option<&Value>,
    ) -> Answer {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let mut request = self.http.request(method, format!("{}{path}", self.sandbox.url()));
        if let Some(bearer) = bearer {
            request = request.bearer_auth(bearer);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        Answer::of(request.send().await.unwrap()).await
    }

    /// A request to the API with the bearer that fits the path; null is no body.
    async fn api(&self, method: &str, path: &str, body: Value) -> Answer {
        let bearer = if path.starts_with("service-accounts") { &self.admin } else { &self.account };
        let path = format!("/api/v1/organizations/sandbox/{path}");
        let body = Some(&body).filter(|body| !body.is_null());
        self.send((method, &path), Some(bearer), body).await
    }

    /// A request to the sandbox's own paths; null is no body.
    async fn own(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = Some(&body).filter(|body| !body.is_null());
        self.send((method, &format!("/_sandbox/{path}")), None, body).await
    }

    async fn settings(&self, settings: Value) {
        let answer = self.own("PATCH", "settings", settings).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    async fn state(&self) -> Value {
        self.own("GET", "state", Value::Null).await.json
    }

    /// Adds a person by the API; the id.
    async fn user(&self, email: &str) -> String {
        let answer = self.api("POST", "users", json!({"email": email})).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.json["id"].as_str().unwrap().to_owned()
    }

    /// Issues a token by the API.
    async fn token(&self, user: &str) {
        let body = json!({"expires_at": "2098-01-01T00:00:00Z"});
        let answer = self.api("POST", &format!("users/{user}/token"), body).await;
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// The tokens of a user, as the state shows them.
    async fn tokens(&self, user: &str) -> Vec<Value> {
        let state = self.state().await;
        let users = state["users"].as_array().unwrap();
        let user = users.iter().find(|each| each["id"] == user).expect("no such user");
        user["tokens"].as_array().unwrap().clone()
    }
}

#[tokio::test]
async fn several_sandboxes_run_and_stop_independently() {
    let (one, two) = (Bench::new().await, Bench::new().await);
    one.user("ada@example.com").await;
    assert_eq!(two.state().await["users"].as_array().unwrap().len(), 1);
    let url = format!("{}/_sandbox/state", one.sandbox.url());
    one.sandbox.stop().await;
    assert!(one.http.get(&url).send().await.is_err());
    assert_eq!(two.own("GET", "state", Value::Null).await.status, 200);
}

#[tokio::test]
async fn dropped_sandbox_stops_its_server() {
    let Bench { sandbox, http, .. } = Bench::new().await;
    let url = format!("{}/_sandbox/state", sandbox.url());
    drop(sandbox);
    let gone = async {
        while http.get(&url).send().await.is_ok() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), gone).await.expect("still there");
}

#[tokio::test]
async fn sandbox_supports_http_2_without_tls() {
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let http = Client::builder()
        .http2_prior_knowledge()
        .timeout(Duration::from_secs(30))
        .no_proxy()
        .build()
        .unwrap();
    let answer = http.get(format!("{}/_sandbox/state", sandbox.url())).send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.version()), (200, reqwest::Version::HTTP_2));
}

#[tokio::test]
async fn wildcard_listener_reports_loopback_url() {
    let options = Options { listen: "0.0.0.0:0".parse().unwrap(), ..Options::default() };
    let bench = Bench::with(options).await;
    assert!(bench.sandbox.url().starts_with("http://127.0.0.1:"), "{}", bench.sandbox.url());
}

#[tokio::test]
async fn admin_without_email_is_rejected_at_start() {
    let options = Options { admin_username: "root".into(), ..Options::default() };
    let error = Sandbox::start(options).await.unwrap_err().to_string();
    assert!(error.contains("\"root\" is not a valid email address"), "{error}");
}
