//! Which requests a rule is for, and which of them it strikes.

use serde_json::{Value, json};

use super::Bench;
use crate::sandbox::Options;

/// The statuses of so many listings of users.
async fn listings(bench: &Bench, count: usize) -> Vec<u16> {
    let mut statuses = Vec::new();
    for _ in 0..count {
        statuses.push(bench.api("GET", "users", Value::Null).await.status);
    }
    statuses
}

fn error(status: u16) -> Value {
    json!({"kind": "status", "status": status})
}

#[tokio::test]
async fn rule_applies_from_given_request_for_given_times() {
    let bench = Bench::new().await;
    let rule = json!({"operation": "list_users", "from": 2, "times": 2, "fault": error(500)});
    let id = bench.rule(rule.clone()).await;
    assert_eq!(listings(&bench, 5).await, [200, 500, 500, 200, 200]);
    let expected = json!([{"id": id, "rule": rule, "matched": 5, "struck": 2}]);
    assert_eq!(bench.own("GET", "faults", Value::Null).await.json, expected);
}

#[tokio::test]
async fn rules_for_one_request_apply_in_order() {
    let bench = Bench::new().await;
    for status in [500, 502, 503] {
        bench.rule(json!({"fault": error(status)})).await;
    }
    assert_eq!(listings(&bench, 4).await, [500, 502, 503, 200]);
    assert_eq!(bench.counts().await, [(4, 1); 3]);
}

#[tokio::test]
async fn rule_without_count_applies_until_removed() {
    let bench = Bench::new().await;
    let id = bench.rule(json!({"times": null, "fault": error(500)})).await;
    assert_eq!(listings(&bench, 4).await, [500; 4]);
    let gone = bench.own("DELETE", &format!("faults/{id}"), Value::Null).await;
    assert_eq!((gone.status, gone.json), (200, json!({})));
    assert_eq!(listings(&bench, 1).await, [200]);
    let again = bench.own("DELETE", &format!("faults/{id}"), Value::Null).await;
    assert_eq!(again.refusal(), (404, "Fault rule not found"));
}

#[tokio::test]
async fn reset_and_delete_remove_all_rules() {
    let bench = Bench::new().await;
    for (method, path) in [("DELETE", "faults"), ("POST", "reset")] {
        bench.rule(json!({"fault": error(500)})).await;
        bench.rule(json!({"fault": error(500)})).await;
        assert_eq!(bench.own(method, path, Value::Null).await.status, 200);
        assert!(bench.counts().await.is_empty(), "{path}");
    }
}

#[tokio::test]
async fn seed_gives_same_faults_in_every_sandbox() {
    let mut sequences = Vec::new();
    for seed in [7, 7, 8] {
        let bench = Bench::new().await;
        let fault = error(500);
        bench.rule(json!({"probability": 0.5, "seed": seed, "fault": fault})).await;
        sequences.push(listings(&bench, 30).await);
    }
    assert_eq!(sequences[0], sequences[1]);
    assert_ne!(sequences[0], sequences[2]);
    assert!(sequences[0].contains(&200) && sequences[0].contains(&500));
}

#[tokio::test]
async fn rule_can_select_user_or_grant() {
    let bench = Bench::new().await;
    let (ada, bob) = (bench.user("ada@x.org").await, bench.user("bob@x.org").await);
    bench.rule(json!({"path": ada, "times": null, "fault": error(500)})).await;
    let seat = |user: &str| format!("users/{user}/seats");
    assert_eq!(bench.api("POST", &seat(&bob), Value::Null).await.status, 201);
    assert_eq!(bench.api("POST", &seat(&ada), Value::Null).await.status, 500);

    let rule = json!({"operation": "sign_in", "grant": "admin", "fault": error(500)});
    bench.rule(rule).await;
    let Options { client_id, client_secret, .. } = Options::default();
    bench.sign_in_account(&client_id, &client_secret).await;
    let form = [("grant_type", "password")];
    assert_eq!(bench.sign_in(&form).await.status, 500);
}

#[tokio::test]
async fn admin_paths_are_never_disturbed_by_faults() {
    let bench = Bench::new().await;
    bench.rule(json!({"times": null, "fault": error(500)})).await;
    assert_eq!(bench.own("GET", "state", Value::Null).await.status, 200);
    assert_eq!(bench.counts().await, [(0, 0)]);
}

#[tokio::test]
async fn invalid_rule_is_rejected_and_not_added() {
    let bench = Bench::new().await;
    for (rule, problems) in [
        (json!({}), vec!["body.fault"]),
        (json!({"fault": "hang"}), vec!["body.fault"]),
        (json!({"fault": {}}), vec!["body.fault.kind"]),
        (json!({"fault": {"kind": "explode"}}), vec!["body.fault.kind"]),
        (json!({"fault": {"kind": "hang", "seconds": 1}}), vec!["body.fault.seconds"]),
        (json!({"fault": {"kind": "slow"}}), vec!["body.fault.bytes_per_second"]),
        (
            json!({"fault": {"kind": "slow", "bytes_per_second": 0}}),
            vec!["body.fault.bytes_per_second"],
        ),
        (json!({"fault": {"kind": "refuse", "seconds": -1}}), vec!["body.fault.seconds"]),
        (json!({"fault": {"kind": "status"}}), vec!["body.fault.status"]),
        (
            json!({"fault": {"kind": "status", "status": 399, "body": "xml", "retry_after": -1}}),
            vec!["body.fault.status", "body.fault.body", "body.fault.retry_after"],
        ),
        (
            json!({"fault": {"kind": "status", "status": 429, "retry_after": "date:soon"}}),
            vec!["body.fault.retry_after"],
        ),
        (
            json!({"operation": "dance", "from": 0, "times": 0, "colour": 1,
                   "fault": {"kind": "hang"}}),
            vec!["body.operation", "body.from", "body.times", "body.colour"],
        ),
        (json!({"grant": "admin", "fault": {"kind": "hang"}}), vec!["body.grant"]),
        (json!({"probability": 1.5, "fault": {"kind": "hang"}}), vec!["body.probability"]),
        (json!({"seed": 1, "fault": {"kind": "hang"}}), vec!["body.seed"]),
    ] {
        let answer = bench.own("POST", "faults", rule.clone()).await;
        assert_eq!(answer.problems(), problems, "{rule}");
    }
    assert!(bench.counts().await.is_empty());
}

#[tokio::test]
async fn writes_during_fault_are_saved() {
    let directory = tempfile::tempdir().unwrap();
    let state_file = Some(directory.path().join("state.json"));
    let options = Options { state_file, ..Options::default() };
    let bench = Bench::with(options.clone()).await;
    let fault = json!({"kind": "reset_after"});
    bench.rule(json!({"operation": "add_user", "fault": fault})).await;
    super::raw::Raw::ask(&bench, &bench.adding("ada@x.org")).await;
    bench.sandbox.stop().await;
    assert_eq!(Bench::with(options).await.added().await, 1);
}
