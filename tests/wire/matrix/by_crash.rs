//! Kills the provider at each request of a run: before the server processes the request, and after
//! that, before the response. The next apply must end with the same result as an undisturbed run.
//! Otherwise it must name what requires manual steps, and describe them. The test then follows the
//! instructions, and they must lead to that result.
//!
//! `cargo test --test wire by_crash -- --nocapture` prints the table.

use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::{Value, json};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::runs::{Block, GONE, Order, Report, State, start};
use super::scenarios::{
    AFTER_RENAME, BEFORE_EDIT, BEFORE_RENAME, EVERYTHING, ONBOARDED_AFTER_ALL, REPLACED,
};
use super::{page, verify};
use crate::admin::{Organization, provider_block};

/// Number of concurrent cases. A case spends most of its time waiting.
const AT_ONCE: usize = 12;
/// Maximum number of applies after the crash. After each one, the test follows the instructions in
/// its messages.
const MAX_RUNS: usize = 4;

/// Interrupted run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    Apply,
    Destroy,
    Replace,
    ReplaceCreateFirst,
    /// A rename before Terraform v1.3. With later versions, the provider rejects it in the plan.
    Rename,
}

impl Run {
    const ALL: [Self; 5] =
        [Self::Apply, Self::Destroy, Self::Replace, Self::ReplaceCreateFirst, Self::Rename];

    /// Returns the configuration that is applied before the run.
    fn before(self) -> &'static [Block] {
        match self {
            Self::Apply => &[],
            Self::Destroy => EVERYTHING,
            Self::Replace | Self::ReplaceCreateFirst => BEFORE_EDIT,
            Self::Rename => BEFORE_RENAME,
        }
    }

    /// Returns the configuration of the run.
    fn wanted(self) -> &'static [Block] {
        match self {
            Self::Apply => EVERYTHING,
            Self::Destroy => &[],
            Self::Replace | Self::ReplaceCreateFirst => REPLACED,
            Self::Rename => AFTER_RENAME,
        }
    }

    fn order(self) -> Order {
        match self {
            Self::Apply | Self::Destroy | Self::Replace => Order::RemovalsFirst,
            Self::ReplaceCreateFirst => Order::AdditionsFirst,
            Self::Rename => Order::Unplanned,
        }
    }
}

/// Result of one crash.
#[derive(Debug)]
struct End {
    /// Request at which the test killed the provider.
    request: String,
    /// Manual steps that were necessary.
    manual_steps: Vec<String>,
    /// Problems in the final state.
    problems: Vec<String>,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_with_killed_provider_completes_in_next_run() {
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut cases = JoinSet::new();
    for run in Run::ALL {
        let undisturbed = Arc::new(undisturbed(run).await);
        for request in 1..=requests_of(run).await {
            for carried_out in [false, true] {
                let (permits, undisturbed) = (Arc::clone(&permits), Arc::clone(&undisturbed));
                cases.spawn(async move {
                    let _permit = permits.acquire_owned().await.unwrap();
                    (run, request, carried_out, case(run, request, carried_out, &undisturbed).await)
                });
            }
        }
    }
    let mut ends = Vec::new();
    while let Some(end) = cases.join_next().await {
        ends.push(end.unwrap());
    }
    ends.sort_by_key(|(run, request, carried_out, _)| (*run, *request, *carried_out));
    let mut problems = Vec::new();
    let mut page = format!(
        "# Crash recovery matrix\n\n\
         Each test case kills the provider (`kill -9`) at one request: before the server processes it, or \
         after that, before the response. The runs are an apply and a destroy of one object of each kind, a \
         rotation by `keepers` (also with `create_before_destroy`), and a rename without a `moved` block \
         before Terraform v1.3. Then the same configuration is applied again, the instructions of its \
         messages are followed, and it is applied once more. A case passes if the organization is then the \
         same as after a run without a crash: no duplicate users, no leftovers, no active token without a \
         state, no lost secret, and an empty plan.\n\n\
         **{} test cases.** To update this page, run \
         `UPDATE_DOCS=1 cargo test --test wire by_crash -- --nocapture`.\n\n\
         | run | killed at | processed | manual steps |\n|---|---|---|---|\n",
        ends.len()
    );
    for (run, number, carried_out, end) in &ends {
        let manual_steps =
            if end.manual_steps.is_empty() { "-".to_owned() } else { end.manual_steps.join("; ") };
        let carried = if *carried_out { "yes" } else { "no" };
        writeln!(page, "| {run:?} | {number}. `{}` | {carried} | {manual_steps} |", end.request)
            .unwrap();
        problems.extend(end.problems.iter().map(|problem| {
            format!("{run:?}, killed at {number}. {} ({carried_out}): {problem}", end.request)
        }));
    }
    println!("{page}");
    assert_eq!(problems, Vec::<String>::new());
    page::check("crash-matrix.md", &page);
}

/// Returns the number of requests in the interrupted half of the run.
async fn requests_of(run: Run) -> usize {
    let (organization, provider, mut state) = begin(run).await;
    state.plan_in(run.order(), &provider, run.wanted()).await.ok();
    organization.call("DELETE", "requests", Value::Null).await;
    let session = start(run.order(), &provider).await;
    let mut report = Report::default();
    state.carry_out(run.order(), &session, run.wanted(), &mut report).await;
    report.ok();
    organization.requests().await.len()
}

async fn begin(run: Run) -> (Organization, Value, State) {
    let organization = Organization::start().await;
    let provider = provider_block(&organization.url());
    let mut state = State::default();
    if run != Run::Apply {
        state.apply(&provider, run.before()).await.ok();
    }
    (organization, provider, state)
}

async fn case(run: Run, request: usize, carried_out: bool, undisturbed: &Value) -> End {
    let (organization, provider, mut state) = begin(run).await;
    let mut report = state.plan_in(run.order(), &provider, run.wanted()).await.ok();
    let fault = json!({"kind": "hang", "carried_out": carried_out});
    let rule = json!({"from": request, "times": 1, "fault": fault});
    organization.call("POST", "faults", rule).await;
    let session = start(run.order(), &provider).await;
    tokio::join!(state.carry_out(run.order(), &session, run.wanted(), &mut report), async {
        organization.until_fault_injected().await;
        session.plugin.signal("KILL").await;
    });
    organization.call("DELETE", "faults", Value::Null).await;
    let killed = without_ids(&organization.requests().await.pop().unwrap_or_default());
    let mut end = End { request: killed, manual_steps: Vec::new(), problems: Vec::new() };
    if !report.errors.iter().any(|error| error.contains(GONE)) {
        end.problems.push("the run did not notice".to_owned());
    }

    let mut blocks = run.wanted().to_vec();
    for _ in 0..MAX_RUNS {
        let next = state.apply_in(run.order(), &provider, &blocks).await;
        let mut done = Vec::new();
        for message in next.errors.iter().chain(&next.warnings) {
            done.extend(follow(message, &organization, &provider, &mut state, &mut blocks).await);
        }
        if done.is_empty() && next.errors.is_empty() {
            break;
        }
        end.manual_steps.extend(done);
    }
    let seen = verify::seen(&organization).await;
    if seen != *undisturbed {
        end.problems.push(format!("it ends with\n  {seen}\nin place of\n  {undisturbed}"));
    }
    end.problems.extend(verify::secrets_are_kept(&organization, &state).await);
    let again = state.plan(&provider, &blocks).await;
    if !again.planned.is_empty() || !again.errors.is_empty() {
        end.problems.push(format!("the plan: {:?} {:?}", again.planned, again.errors));
    }
    end
}

/// Returns the final organization of a run without a crash.
async fn undisturbed(run: Run) -> Value {
    let (organization, provider, mut state) = begin(run).await;
    state.apply_in(run.order(), &provider, run.wanted()).await.ok();
    verify::seen(&organization).await
}

/// Follows the instructions of a message. Returns a description of the manual step.
async fn follow(
    message: &str,
    organization: &Organization,
    provider: &Value,
    state: &mut State,
    blocks: &mut Vec<Block>,
) -> Option<String> {
    let id = quoted_id(message);
    let all = EVERYTHING.iter().chain(AFTER_RENAME);
    let block = all.into_iter().find(|block| message.starts_with(block.address))?;
    if message.contains("User already exists") {
        state.import(provider, block, &id?).await;
        return Some("import the user".to_owned());
    }
    if message.contains("Service account already exists") {
        let path = format!("service-accounts/{}", id?);
        organization.call("DELETE", &path, Value::Null).await;
        return Some("delete the service account, because its secret is lost".to_owned());
    }
    if message.contains("Active token already exists") {
        let user = state.get(block.user?)?["id"].as_str()?.to_owned();
        let token = between(message, "(", ")")?;
        organization.call("DELETE", &format!("users/{user}/tokens/{token}"), Value::Null).await;
        return Some("revoke the token, because its value is lost".to_owned());
    }
    if message.contains("Managed users with the same name exist") {
        let id = between(message, "those that exist: ", ". If")?;
        organization.call("DELETE", &format!("users/{id}"), Value::Null).await;
        return Some("remove the managed user that is in no state".to_owned());
    }
    if message.contains("Service accounts with this prefix exist") {
        let world = organization.call("GET", "state", Value::Null).await;
        let accounts = world["service_accounts"].as_array().cloned().unwrap_or_default();
        let is_known = |id: &Value| state.objects().any(|(_, object)| object["client_id"] == *id);
        let ids = accounts.iter().map(|account| &account["client_id"]);
        let named = |id: &&Value| id.as_str().is_some_and(|id| message.contains(id));
        let left_over = ids.filter(named).find(|id| !is_known(id))?.as_str()?;
        let path = format!("service-accounts/{left_over}");
        organization.call("DELETE", &path, Value::Null).await;
        return Some("delete the service account that is in no state".to_owned());
    }
    if message.contains("Users unavailable for onboarding") {
        // The message says that the users have an account now. Remove the onboarding and manage
        // each user separately.
        blocks.retain(|block| block.resource != "anaconda_onboarding");
        blocks.extend(ONBOARDED_AFTER_ALL);
        return Some("manage the users with `anaconda_user`".to_owned());
    }
    None
}

/// Returns a request line below the organization, with `*` for each ID.
fn without_ids(request: &str) -> String {
    let line = request.replace("/api/v1/organizations/sandbox", "");
    let part = |part: &str| {
        if part.parse::<uuid::Uuid>().is_ok() { "*".to_owned() } else { part.to_owned() }
    };
    line.split('/').map(part).collect::<Vec<_>>().join("/")
}

/// Returns the ID in the import block of a message.
fn quoted_id(message: &str) -> Option<String> {
    between(message.split("import {").nth(1)?, "id = \"", "\"")
}

fn between(text: &str, begin: &str, end: &str) -> Option<String> {
    Some(text.split(begin).nth(1)?.split(end).next()?.to_owned())
}
