//! Disturbs every write operation with every fault, once and on each request. The table shows the
//! result of the disturbed apply. The next apply without faults must end with the same result as an
//! undisturbed run.
//!
//! `cargo test --test wire matrix -- --nocapture` prints the table. With `UPDATE_DOCS=1`, the test
//! also writes it to `docs/fault-matrix.md`. Otherwise that page must match.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::faults::{FAULTS, Fault, How};
use super::runs::{Report, State};
use super::scenarios::{Moment, OPERATIONS, Operation};
use super::table::{Cell, Table};
use super::{page, verify};
use crate::admin::{Organization, provider_block};

/// Number of concurrent cases. A case spends most of its time waiting.
const AT_ONCE: usize = 24;

/// How often the sandbox injects a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Often {
    Once,
    Always,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn next_apply_after_any_fault_reaches_same_result() {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut cases = JoinSet::new();
    for (row, operation) in OPERATIONS.iter().enumerate() {
        let undisturbed = Arc::new(undisturbed(operation).await);
        for (column, fault) in FAULTS.iter().enumerate() {
            for often in [Often::Once, Often::Always] {
                if often == Often::Once && matches!(fault.how, How::Settings { .. }) {
                    continue;
                }
                if often == Often::Always && matches!(fault.how, How::Lies(_)) {
                    continue;
                }
                if !asked_for(operation, fault) {
                    continue;
                }
                let (permits, undisturbed) = (Arc::clone(&permits), Arc::clone(&undisturbed));
                cases.spawn(async move {
                    let _permit = permits.acquire_owned().await.unwrap();
                    (row, column, often, case(operation, fault, often, &undisturbed).await)
                });
            }
        }
    }
    let mut table = Table::default();
    while let Some(case) = cases.join_next().await {
        let (row, column, often, cell) = case.unwrap();
        table.put(row, column, often == Often::Always, cell);
    }
    println!("{table}");
    assert_eq!(table.problems(), Vec::<String>::new());
    if std::env::var_os(ONLY).is_none() {
        page::check("fault-matrix.md", &table.to_string());
    }
}

/// Environment variable that selects the cases with this text in the title of the operation or the
/// fault, for debugging.
const ONLY: &str = "MATRIX_ONLY";

fn asked_for(operation: &Operation, fault: &Fault) -> bool {
    let Ok(only) = std::env::var(ONLY) else { return true };
    only.split(',').all(|part| operation.title.contains(part) || fault.title.contains(part))
}

/// Disturbs one operation, and then checks the final result.
async fn case(operation: &Operation, fault: &Fault, often: Often, undisturbed: &Value) -> Cell {
    let How::Lies(about) = fault.how else {
        return disturbed(operation, fault, None, often, undisturbed).await;
    };
    let mut all = Cell { recovered: true, first: Vec::new(), problems: Vec::new() };
    for lie in about(operation.endpoint) {
        let cell = disturbed(operation, fault, Some(&lie), often, undisturbed).await;
        all.recovered &= cell.recovered;
        all.first.extend(cell.first);
        all.problems.extend(cell.problems.into_iter().map(|problem| format!("{lie}: {problem}")));
    }
    all
}

async fn disturbed(
    operation: &Operation,
    fault: &Fault,
    lie: Option<&Value>,
    often: Often,
    undisturbed: &Value,
) -> Cell {
    let organization = Organization::start().await;
    if operation.guide {
        organization.call("PATCH", "settings", json!({"dialect": "guide"})).await;
    }
    let patient = provider_block(&organization.url());
    // Only the disturbed run has short time limits. The other runs must succeed on a busy machine
    // too.
    let mut hasty = patient.clone();
    hasty["max_retries"] = 1.into();
    hasty["request_timeout_seconds"] = 1.into();
    let mut state = State::default();

    if operation.moment != Moment::Create {
        state.apply(&patient, operation.blocks).await.ok();
    }
    if operation.moment == Moment::Refresh {
        state.age(Duration::from_secs(3600));
    }
    let before = state.clone();
    begin(&organization, operation, fault, lie, often).await;
    let disturbed = match operation.careless {
        [] => goal(&mut state, &hasty, operation).await,
        careless => state.apply_in(operation.order, &hasty, careless).await,
    };
    let struck = end(&organization, fault).await;
    let mended = goal(&mut state, &patient, operation).await;

    let mut problems = Vec::new();
    if !struck {
        problems.push("the fault never struck".to_owned());
    }
    problems.extend(mended.errors.iter().map(|error| format!("the next apply fails: {error}")));
    let seen = verify::seen(&organization).await;
    if seen != *undisturbed {
        problems.push(format!("it ends with\n  {seen}\nin place of\n  {undisturbed}"));
    }
    if operation.moment == Moment::Refresh && !state.objects().eq(before.objects()) {
        problems.push(format!("the state changed from\n  {before:?}\nto\n  {state:?}"));
    }
    problems.extend(verify::secrets_are_kept(&organization, &state).await);
    if operation.moment == Moment::Destroy {
        if !state.is_empty() {
            problems.push(format!("the state keeps {state:?}"));
        }
    } else {
        let blocks =
            if operation.moment == Moment::Change { operation.changed } else { operation.blocks };
        let again = state.plan(&patient, blocks).await;
        if !again.planned.is_empty() || !again.errors.is_empty() {
            problems.push(format!("the plan is not empty: {:?} {:?}", again.planned, again.errors));
        }
    }
    Cell { recovered: disturbed.errors.is_empty(), first: disturbed.errors, problems }
}

/// Applies the target configuration of the run.
async fn goal(state: &mut State, provider: &Value, operation: &Operation) -> Report {
    match operation.moment {
        Moment::Create | Moment::Refresh => {
            state.apply_in(operation.order, provider, operation.blocks).await
        }
        Moment::Change => state.apply_in(operation.order, provider, operation.changed).await,
        Moment::Destroy => state.destroy(provider).await,
    }
}

/// Returns the final organization of the same run without a fault.
async fn undisturbed(operation: &Operation) -> Value {
    let organization = Organization::start().await;
    if operation.guide {
        organization.call("PATCH", "settings", json!({"dialect": "guide"})).await;
    }
    let provider = provider_block(&organization.url());
    let mut state = State::default();
    if operation.moment != Moment::Create {
        state.apply(&provider, operation.blocks).await.ok();
    }
    goal(&mut state, &provider, operation).await.ok();
    verify::seen(&organization).await
}

async fn begin(
    organization: &Organization,
    operation: &Operation,
    fault: &Fault,
    lie: Option<&Value>,
    often: Often,
) {
    match fault.how {
        How::Lies(_) => {
            let rule = json!({"operation": operation.endpoint, "fault": lie});
            organization.call("POST", "faults", rule).await
        }
        How::Settings { on, .. } => organization.call("PATCH", "settings", on()).await,
        How::Strike(fault) => {
            let times = if often == Often::Once { json!(1) } else { Value::Null };
            let mut rule =
                json!({"operation": operation.endpoint, "times": times, "fault": fault()});
            if let Some(grant) = operation.grant {
                rule["grant"] = grant.into();
            }
            organization.call("POST", "faults", rule).await
        }
    };
}

/// Ends the fault. Returns whether the sandbox injected it.
async fn end(organization: &Organization, fault: &Fault) -> bool {
    match fault.how {
        How::Settings { off, .. } => {
            organization.call("PATCH", "settings", off()).await;
            true
        }
        How::Strike(_) | How::Lies(_) => {
            organization.reachable().await;
            let struck = organization.struck().await;
            organization.call("DELETE", "faults", Value::Null).await;
            struck > 0
        }
    }
}

#[test]
fn fault_matrix_covers_every_endpoint() {
    let disturbed: BTreeSet<_> = OPERATIONS.iter().map(|operation| operation.endpoint).collect();
    let all = BTreeSet::from([
        "add_user",
        "assign_seat",
        "create_service_account",
        "create_token",
        "delete_service_account",
        "list_service_accounts",
        "list_tokens",
        "list_users",
        "onboard_users",
        "remove_seat",
        "remove_user",
        "revoke_token",
        "revoke_user_token",
        "sign_in",
        "update_token",
    ]);
    assert_eq!(disturbed, all);
}
