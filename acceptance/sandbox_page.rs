//! The web page of the sandbox, as shown in a real browser.

use std::path::PathBuf;
use std::process::Command;

use serde_json::{Value, json};
use tempfile::TempDir;
use terraform_provider_anaconda::sandbox::{Options, Sandbox};

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Returns a browser of this machine.
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let candidates = std::env::split_paths(&path)
        .flat_map(|folder| BROWSERS.iter().map(move |name| folder.join(name)));
    let found = candidates.into_iter().find(|file| file.is_file());
    if found.is_none() {
        let install = "apt-get install --yes --no-install-recommends chromium";
        assert!(std::env::var_os("CI").is_none(), "no Chromium here; {install}");
        eprintln!("skipped: there is no Chromium here. Install it, such as with: {install}");
    }
    found
}

/// Returns the page after its script has run for 4 seconds of virtual time.
fn seen(browser: &PathBuf, url: &str) -> String {
    let profile = TempDir::new().unwrap();
    let shown = Command::new(browser)
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-dev-shm-usage", "--window-size=390,844", "--virtual-time-budget=4000"])
        .arg(format!("--user-data-dir={}", profile.path().display()))
        .args(["--dump-dom", url])
        .output()
        .unwrap();
    assert!(shown.status.success(), "{shown:?}");
    String::from_utf8(shown.stdout).unwrap()
}

#[tokio::test]
async fn sandbox_page_shows_organization_without_secrets() {
    let Some(browser) = browser() else { return };
    let sandbox = Sandbox::start(Options::default()).await.unwrap();
    let url = sandbox.url();
    let client = reqwest::Client::builder().no_proxy().build().unwrap();
    let own = async |method: &str, path: &str, body: Value| -> Value {
        let request = client.request(method.parse().unwrap(), format!("{url}/_sandbox/{path}"));
        let request = if body.is_null() {
            request
        } else {
            request.header("content-type", "application/json").body(body.to_string())
        };
        let answer = request.send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&answer).unwrap()
    };
    let grace = json!({"email": "grace@example.com", "first_name": "<b>Grace</b>", "seat": true});
    let grace = own("POST", "users", grace).await;
    let tokens = format!("users/{}/tokens", grace["id"].as_str().unwrap());
    let token = own("POST", &tokens, json!({"expires_at": "2090-01-31T00:00:00Z"})).await;
    let form = [("grant_type", "password"), ("username", "nobody@example.com"), ("password", "x")];
    client.post(format!("{url}/api/iam/token")).form(&form).send().await.unwrap();

    let address = url.clone();
    let page = tokio::task::spawn_blocking(move || seen(&browser, &address)).await.unwrap();
    for shown in [
        "2 users, 1 of 10 seats",
        "grace@example.com (&lt;b&gt;Grace&lt;/b&gt;)",
        "token live",
        token["id"].as_str().unwrap(),
        "POST /api/iam/token",
    ] {
        assert!(page.contains(shown), "{shown} is not in {page}");
    }
    let secrets = own("GET", "secrets", Value::Null).await;
    for secret in secrets.as_array().unwrap() {
        assert!(!page.contains(secret.as_str().unwrap()), "a secret is shown");
    }
}
