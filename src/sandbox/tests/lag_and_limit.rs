//! Listings that lag behind, a limit of requests, and a clock that is wrong.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::Options;

impl Bench {
    /// How many a listing shows.
    async fn listed(&self, path: &str) -> usize {
        self.api("GET", path, Value::Null).await.json["items"].as_array().unwrap().len()
    }

    /// Waits until a listing shows so many; how long that took.
    async fn until_listed(&self, path: &str, count: usize) -> Duration {
        let start = Instant::now();
        while self.listed(path).await != count {
            assert!(start.elapsed() < Duration::from_secs(20), "{path}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        start.elapsed()
    }
}

#[tokio::test]
async fn only_list_responses_are_stale() {
    let bench = Bench::new().await;
    bench.settings(json!({"listing_lag_seconds": 0.6})).await;
    let start = Instant::now();
    let ada = bench.user("ada@x.org").await;
    bench.token(&ada).await;
    bench.api("POST", "service-accounts", json!({"name": "ci"})).await;
    let tokens = format!("users/{ada}/tokens");
    let lists = ["users", tokens.as_str(), "service-accounts"];
    for (path, before) in lists.into_iter().zip([1, 0, 1]) {
        assert_eq!(bench.listed(path).await, before, "{path}");
    }
    assert!(start.elapsed() < Duration::from_millis(600), "too slow a machine to tell");
    let again = bench.api("POST", "users", json!({"email": "ada@x.org"})).await;
    assert_eq!(again.status, 409, "writes know the truth");
    for (path, after) in lists.into_iter().zip([2, 1, 2]) {
        bench.until_listed(path, after).await;
    }
    assert!(start.elapsed() >= Duration::from_millis(600));
}

#[tokio::test]
async fn disabled_lag_takes_effect_immediately() {
    let options = Options { listing_lag: Duration::from_secs(3600), ..Options::default() };
    let bench = Bench::with(options).await;
    bench.user("ada@x.org").await;
    assert_eq!(bench.listed("users").await, 1);
    bench.settings(json!({"listing_lag_seconds": 0})).await;
    assert_eq!(bench.listed("users").await, 2);
}

#[tokio::test]
async fn rate_limited_requests_get_retry_after() {
    let bench = Bench::new().await;
    bench.settings(json!({"requests_per_second": 0.1, "burst": 2})).await;
    let url = format!("{}/api/v1/organizations/sandbox/users", bench.sandbox.url());
    let mut answers = Vec::new();
    for _ in 0..3 {
        answers.push(bench.http.get(&url).bearer_auth(&bench.account).send().await.unwrap());
    }
    let statuses: Vec<u16> = answers.iter().map(|answer| answer.status().as_u16()).collect();
    assert_eq!(statuses, [200, 200, 429]);
    assert_eq!(answers[2].headers()["retry-after"], "10");
    assert_eq!(bench.sign_in(&[]).await.refusal(), (429, "Too many requests"));
    bench.settings(json!({"requests_per_second": null})).await;
    assert_eq!(bench.listed("users").await, 1);
}

#[tokio::test]
async fn rate_limit_is_configurable_at_start() {
    let bench = Bench::with(Options { requests_per_second: Some(2.0), ..Options::default() }).await;
    bench.settings(json!({"burst": 50})).await;
    let shown = bench.own("GET", "settings", Value::Null).await.json;
    assert_eq!((&shown["requests_per_second"], &shown["burst"]), (&json!(2.0), &json!(50)));
}

#[tokio::test]
async fn settings_are_shown_under_their_argument_names() {
    let bench = Bench::new().await;
    let mut shown = bench.own("GET", "settings", Value::Null).await.json;
    let settings = shown.as_object_mut().unwrap();
    assert!(settings.remove("now").is_some());
    bench.settings(shown.clone()).await;
    let again = bench.own("GET", "settings", Value::Null).await.json;
    assert!(shown.as_object().unwrap().iter().all(|(name, value)| again[name] == *value));
}

#[tokio::test]
async fn invalid_settings_are_rejected_by_sandbox() {
    let bench = Bench::new().await;
    let settings = json!({
        "listing_lag_seconds": -1, "requests_per_second": 0, "burst": 0, "now": null,
        "clock_offset_seconds": 5,
    });
    let answer = bench.own("PATCH", "settings", settings).await;
    let expected = ["listing_lag_seconds", "requests_per_second", "burst", "clock_offset_seconds"];
    assert_eq!(answer.problems(), expected.map(|name| format!("body.{name}")));
}

#[tokio::test]
async fn clock_offset_does_not_affect_requests() {
    for offset in [-5 * 3600, 5 * 3600] {
        let bench = Bench::new().await;
        bench.settings(json!({"clock_offset_seconds": offset})).await;
        let Options { client_id, client_secret, .. } = Options::default();
        let bearer = bench.sign_in_account(&client_id, &client_secret).await;
        let url = format!("{}/api/v1/organizations/sandbox/users", bench.sandbox.url());
        let answer = bench.http.get(&url).bearer_auth(&bearer).send().await.unwrap();
        assert_eq!(answer.status(), 200);
        let date = answer.headers()["date"].to_str().unwrap();
        let date = jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(date).unwrap();
        let ahead = date.duration_since(jiff::Timestamp::now()).as_secs() - i64::from(offset);
        assert!(ahead.abs() < 60, "{date}");
    }
}
