//! Creates and destroys objects repeatedly in one process, to detect leaks.
//!
//! `SOAK_ROUNDS=5000 cargo test --test wire soak -- --nocapture` runs longer.

use std::fs;

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::session::Session;

/// Default number of rounds.
const ROUNDS: usize = 120;
/// Allowed growth of memory usage between the first third and the end, in kibibytes.
const SLACK: u64 = 2048;

#[tokio::test]
async fn memory_and_open_files_stay_constant() {
    let rounds = std::env::var("SOAK_ROUNDS").map_or(ROUNDS, |rounds| rounds.parse().unwrap());
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let before = organization.call("GET", "state", Value::Null).await;
    let mut early = None;
    for round in 0..rounds {
        // Each round is a separate run, as under a debugger.
        assert_eq!(session.configure(&provider_block(&organization.url())).await, []);
        one_round(&session).await;
        // The sandbox keeps removed users. Deleting its recorded requests keeps this test fast.
        organization.call("DELETE", "requests", Value::Null).await;
        if round + 1 == rounds.div_ceil(3) {
            early = Some(usage(session.plugin.pid()));
        }
    }
    let (early, late) = (early.unwrap(), usage(session.plugin.pid()));
    println!("after a third of {rounds} rounds: {early:?}; at the end: {late:?}");
    assert_eq!(late.files, early.files);
    assert!(late.kib <= early.kib + SLACK, "{early:?}, {late:?}");
    let after = organization.call("GET", "state", Value::Null).await;
    assert_eq!(
        (&after["users"], &after["service_accounts"]),
        (&before["users"], &before["service_accounts"])
    );
}

/// Creates and destroys a user with a seat and a token, a managed user, and a service account.
async fn one_round(session: &Session) {
    let ada = session.create("anaconda_user", &json!({"email": "ada@example.com"})).await;
    let user = &ada["id"];
    let seat = session.create("anaconda_seat", &json!({"user_id": user})).await;
    let token = json!({"user_id": user, "expires_at": "2090-01-31T00:00:00Z"});
    let token = session.create("anaconda_token", &token).await;
    let server = session.create("anaconda_user", &json!({"first_name": "Jupyter"})).await;
    let account = session.create("anaconda_service_account", &json!({"name": "ci"})).await;
    for (name, state) in [
        ("anaconda_service_account", account),
        ("anaconda_token", token),
        ("anaconda_seat", seat),
        ("anaconda_user", ada),
        ("anaconda_user", server),
    ] {
        session.delete(name, &state).await.ok();
    }
}

#[derive(Debug)]
struct Usage {
    /// Memory usage in kibibytes.
    kib: u64,
    /// Number of open files and sockets.
    files: usize,
}

fn usage(pid: u32) -> Usage {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    let kib = line.split_whitespace().next().unwrap().parse().unwrap();
    let files = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().count();
    Usage { kib, files }
}
