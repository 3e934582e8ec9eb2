//! The state file, from outside.

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::{Options, Sandbox};

#[tokio::test]
async fn organization_is_restored_from_state_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let options = Options { state_file: Some(file.clone()), ..Options::default() };
    let bench = Bench::with(options.clone()).await;
    let ada = bench.user("ada@x.org").await;
    bench.api("POST", &format!("users/{ada}/seats"), Value::Null).await;
    bench.token(&ada).await;
    let made = bench.api("POST", "service-accounts", json!({"name": "ci"})).await.json;
    bench.settings(json!({"accounts": ["has@x.org"]})).await;
    let before = bench.state().await;
    bench.sandbox.stop().await;

    let bench = Bench::with(Options { seats: 99, ..options }).await;
    let mut after = bench.state().await;
    assert_eq!(after["seats"], json!({"total": 99, "used": 1}), "options count at each start");
    after["seats"] = before["seats"].clone();
    assert_eq!(after, before);
    let secret = made["client_secret"].as_str().unwrap();
    bench.sign_in_account(made["client_id"].as_str().unwrap(), secret).await;
}

#[tokio::test]
async fn state_file_is_written_before_response() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let options = Options { state_file: Some(file.clone()), ..Options::default() };
    let bench = Bench::with(options).await;
    for n in 0..5 {
        let id = bench.user(&format!("{n}@x.org")).await;
        assert!(std::fs::read_to_string(&file).unwrap().contains(&id));
    }
}

#[tokio::test]
async fn change_without_save_returns_error() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    let options = Options { state_file: Some(file), ..Options::default() };
    let bench = Bench::with(options).await;
    folder.close().unwrap();
    let answer = bench.api("POST", "users", json!({})).await;
    assert_eq!(answer.status, 500);
    assert!(answer.error().contains("state file"), "{answer:?}");
}

#[tokio::test]
async fn broken_state_file_fails_start_and_stays_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("state.json");
    std::fs::write(&file, "not ours").unwrap();
    let options = Options { state_file: Some(file.clone()), ..Options::default() };
    let error = Sandbox::start(options).await.unwrap_err().to_string();
    assert!(error.contains("state.json"), "{error}");
    assert_eq!(std::fs::read_to_string(file).unwrap(), "not ours");
}
