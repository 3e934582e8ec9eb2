//! Kills Terraform at each request of an apply, a destroy, and a rotation, with the state in a
//! file.
//!
//! The orphaned provider must complete what it has begun, and exit. The next command must end as an
//! undisturbed one does, or name the necessary manual steps. The test then follows these
//! instructions, which must lead to the same end.
//!
//! One program is sufficient, because the test is about the orphaned provider and about what the
//! provider finds in the next run. Terraform 1.15 produces the same table. Terraform 1.0 has no
//! import blocks, which messages show.
//!
//! `cargo test --test acceptance killed -- --nocapture` prints the table.

mod manual_steps;
mod page;
mod verify;

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use crate::cli::Cli;
use crate::clis;
use crate::harness::{
    CommandDiagnostics, KillResult, PendingRequest, TestEnv, processes_can_be_seen,
};
use manual_steps::Configuration;

/// Number of concurrent test cases. Each one mostly waits.
const AT_ONCE: usize = 6;
/// Maximum number of runs after Terraform was killed. After each run, the test follows the
/// messages.
const MAX_RUNS: usize = 4;

/// Run that is interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Run {
    Apply,
    Destroy,
    /// A changed value in `keepers` replaces the token and the service account.
    Rotate,
}

/// One test case: Terraform is killed at one request of one run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Case {
    run: Run,
    /// Number of the request, starting at 1.
    number: usize,
    then: PendingRequest,
}

/// Result of one test case.
#[derive(Debug)]
struct End {
    death: KillResult,
    /// Messages of the next commands, and the manual steps that the test took because of them.
    told: Vec<String>,
    manual_steps: Vec<String>,
    /// Problems in the end.
    problems: Vec<String>,
}

/// Requests, messages, and resulting organization of a run in which Terraform is not killed.
#[derive(Debug)]
struct Undisturbed {
    requests: usize,
    said: CommandDiagnostics,
    organization: Value,
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn run_with_killed_terraform_completes_in_next_run() {
    let Some(cli) = clis::second(clis::MIDDLE).await else { return };
    if !processes_can_be_seen() {
        eprintln!(
            "skipped: this system does not tell when a process is gone that is not our child"
        );
        return;
    }
    let permits = Arc::new(Semaphore::new(AT_ONCE));
    let mut cases = JoinSet::new();
    for run in [Run::Apply, Run::Destroy, Run::Rotate] {
        let undisturbed = Arc::new(run.undisturbed(&cli).await);
        for number in 1..=undisturbed.requests {
            for then in [PendingRequest::ProcessedLater, PendingRequest::ProcessedBefore] {
                let case = Case { run, number, then };
                let (cli, permits) = (cli.clone(), Arc::clone(&permits));
                let undisturbed = Arc::clone(&undisturbed);
                cases.spawn(async move {
                    let _permit = permits.acquire_owned().await.unwrap();
                    (case, case.end(&cli, &undisturbed).await)
                });
            }
        }
    }
    let mut ends = cases.join_all().await;
    ends.sort_by_key(|(case, _)| *case);
    let (table, problems) = table(&ends);
    println!("{table}");
    assert_eq!(problems, Vec::<String>::new());
    page::check(&table);
}

impl Run {
    fn command(self) -> &'static [&'static str] {
        match self {
            Run::Apply | Run::Rotate => &["apply", "-auto-approve"],
            Run::Destroy => &["destroy", "-auto-approve"],
        }
    }

    /// Returns the configuration of the run.
    fn wanted(self) -> Configuration {
        match self {
            Run::Apply | Run::Destroy => Configuration::default(),
            Run::Rotate => Configuration::kept(2),
        }
    }

    async fn begin(self, cli: &Cli) -> TestEnv {
        let mut w = TestEnv::new(cli).await;
        let before = match self {
            Run::Apply => None,
            Run::Destroy => Some(self.wanted()),
            Run::Rotate => Some(Configuration::kept(1)),
        };
        if let Some(before) = before {
            w.configure(&before.text());
            w.command(Run::Apply.command()).await;
            w.sandbox().clear_requests().await;
        }
        w.configure(&self.wanted().text());
        w
    }

    /// Runs the command without killing Terraform.
    async fn undisturbed(self, cli: &Cli) -> Undisturbed {
        let mut w = self.begin(cli).await;
        let said = w.diagnostics_of(self.command()).await;
        assert!(said.errors.is_empty(), "{:?}", said.errors);
        let requests = w.sandbox().requests().await.len();
        let organization = verify::seen(&w).await;
        w.skip_destroy();
        Undisturbed { requests, said, organization }
    }
}

impl Case {
    async fn end(self, cli: &Cli, undisturbed: &Undisturbed) -> End {
        let mut w = self.run.begin(cli).await;
        let death = w.kill_at(self.run.command(), self.number, self.then).await;
        let mut end =
            End { problems: death.problems.clone(), death, told: vec![], manual_steps: vec![] };

        let mut configuration = self.run.wanted();
        let mut more = Vec::new();
        for _ in 0..MAX_RUNS {
            let command = self.run.command().iter().copied();
            let command: Vec<_> = command.chain(more.iter().map(String::as_str)).collect();
            let said = w.diagnostics_of(&command).await;
            end.told.extend(news(&said, &undisturbed.said));
            more.clear();
            let mut done = Vec::new();
            for message in said.errors.iter().chain(&said.warnings) {
                done.extend(configuration.follow(message, &mut more));
            }
            w.configure(&configuration.text());
            if done.is_empty() {
                let failed = said.errors.iter().map(|error| format!("{error:?} helps nobody"));
                end.problems.extend(failed);
                break;
            }
            end.manual_steps.extend(done);
        }
        w.reload_state().await;
        end.judge(&mut w, self.run, undisturbed).await;
        w.skip_destroy();
        end
    }
}

impl End {
    async fn judge(&mut self, w: &mut TestEnv, run: Run, undisturbed: &Undisturbed) {
        let seen = verify::seen(w).await;
        if seen != undisturbed.organization {
            let wanted = &undisturbed.organization;
            self.problems.push(format!("it ends with\n  {seen}\nin place of\n  {wanted}"));
        }
        self.problems.extend(verify::secrets_are_kept(w).await);
        if run == Run::Destroy {
            self.problems.extend(w.objects().iter().map(|it| format!("in the state: {it:?}")));
        } else {
            self.problems.extend(w.pending_plan().await);
        }
    }
}

/// Returns the messages that appear only because Terraform was killed.
fn news(said: &CommandDiagnostics, usual: &CommandDiagnostics) -> Vec<String> {
    summaries(said).difference(&summaries(usual)).cloned().collect()
}

/// Returns the summaries of errors and warnings, each after the address of its object.
///
/// The set sorts them, because the order in which Terraform prints messages varies.
fn summaries(said: &CommandDiagnostics) -> BTreeSet<String> {
    let all = said.errors.iter().chain(&said.warnings);
    all.map(|message| format!("`{}`: {}", message.address, message.summary)).collect()
}

/// Returns the section of the page, and all problems.
fn table(ends: &[(Case, End)]) -> (String, Vec<String>) {
    let mut problems = Vec::new();
    let mut text = format!(
        "## Terraform is killed\n\n\
         Each test case kills Terraform (`kill -9`), and not the provider, at one request of `terraform \
         apply`, of `terraform destroy`, or of an apply that rotates a token and a service account by \
         `keepers`. The state is a file. The provider completes the request that it has sent, creates \
         nothing more, and exits. The server processes the request *before* Terraform is killed, or \
         *after* the provider has noticed it. Then the same command runs again, and the instructions of its \
         messages are followed. A case passes as above. The lock of a killed Terraform does not block the \
         next run if the state is a file, so `force-unlock` is not needed.\n\n\
         **{} test cases.** To update this section, run `UPDATE_DOCS=1 cargo test --test acceptance killed \
         -- --nocapture`.\n\n\
         | run | killed at | processed | messages of the next run | manual steps |\n\
         |---|---|---|---|---|\n",
        ends.len()
    );
    for (Case { run, number, then }, end) in ends {
        let request = &end.death.request;
        let when = if *then == PendingRequest::ProcessedLater { "after" } else { "before" };
        let list = |what: &[String]| {
            if what.is_empty() { "-".to_owned() } else { what.join("; ") }
        };
        let (told, manual_steps) = (list(&end.told), list(&end.manual_steps));
        writeln!(text, "| {run:?} | {number}. `{request}` | {when} | {told} | {manual_steps} |")
            .unwrap();
        problems.extend(end.problems.iter().map(|problem| {
            format!("{run:?}, killed at {number}. {request} (carried out {when}): {problem}")
        }));
    }
    (text, problems)
}
