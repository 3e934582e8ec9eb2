//! Kills Terraform at a chosen request, observes its provider, and reads the messages of the next
//! command.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::processes::{below, wait_until_gone};
use super::workspace::Shows;
use super::{TestEnv, attributes};

/// Time limit for the exit of an orphaned provider.
///
/// The provider needs 2 seconds to notice that it is orphaned, and then completes what it has
/// begun. The limit is shorter than the 30 seconds after which the provider cancels running
/// operations. A provider that waits for that fails the test.
const LIMIT: Duration = Duration::from_secs(20);

/// Time at which the server processes the request at which Terraform was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PendingRequest {
    /// The server processes the request after the provider has noticed that it is orphaned.
    ProcessedLater,
    /// The server processed the request before Terraform was killed, and responds afterwards.
    ProcessedBefore,
}

/// Result of killing Terraform.
#[derive(Clone, Debug)]
pub(crate) struct KillResult {
    /// Request at which Terraform was killed, such as `POST /users`.
    pub(crate) request: String,
    /// Problems with the way in which the provider exited.
    pub(crate) problems: Vec<String>,
}

/// Diagnostics of a command, as printed with `-json`.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandDiagnostics {
    pub(crate) errors: Vec<Message>,
    pub(crate) warnings: Vec<Message>,
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// Resource address that the message is about, or empty.
    pub(crate) address: String,
    pub(crate) summary: String,
    pub(crate) detail: String,
}

impl TestEnv {
    /// Runs a command and kills Terraform, but not the provider, at the request with this number.
    ///
    /// Numbers start at 1. Then lets the request continue and waits until the provider has exited.
    pub(crate) async fn kill_at(
        &mut self,
        command: &[&str],
        number: usize,
        then: PendingRequest,
    ) -> KillResult {
        // The path is short because socket paths have a length limit. The separate directory shows
        // which sockets are left.
        let sockets = TempDir::with_prefix("t").unwrap();
        self.main.set_env("TMPDIR", sockets.path().to_str().unwrap());
        let before = self.admin.requests().await.len();
        let fault = json!({"kind": "hang", "carried_out": then == PendingRequest::ProcessedBefore});
        self.admin.add_fault(json!({"from": number, "times": 1, "fault": fault})).await;
        let (admin, directory) = (self.admin.clone(), self.main.directory().to_owned());
        let moment = async {
            admin.until_fault_injected().await;
            (below(&directory), socket_below(sockets.path()).is_some())
        };
        let killed = self.main.run_until(command, moment).await;
        let ((terraform, providers), is_open) = killed.unwrap_or_else(|output| {
            panic!("`{}` ended before request {number}:\n{}", command.join(" "), output.text())
        });
        let mut problems = Vec::new();
        if terraform.len() != 1 || providers.is_empty() || !is_open {
            problems.push(format!("these ran: {terraform:?}, {providers:?}, socket: {is_open}"));
        }
        if !is_provider_orphaned(sockets.path()).await {
            problems.push("the provider does not notice that it is alone".to_owned());
        }
        self.admin.clear_faults().await;
        let processes = [terraform, providers].concat();
        if !wait_until_gone(&processes, LIMIT).await {
            problems.push(format!("the provider is still there after {} s", LIMIT.as_secs()));
        }
        if let Some(socket) = socket_below(sockets.path()) {
            problems.push(format!("a socket is left: {socket}"));
        }
        self.main.unset_env("TMPDIR");
        let request = self.admin.requests().await[before + number - 1].shown();
        KillResult { request, problems }
    }

    /// Runs a command that supports `-json`, and returns its diagnostics, whether it succeeded or
    /// not.
    pub(crate) async fn diagnostics_of(&mut self, command: &[&str]) -> CommandDiagnostics {
        let command = [command, &["-json"]].concat();
        let output = self.main.run(&command, Shows::NoSecret).await;
        let mut said = CommandDiagnostics::default();
        for line in output.stdout.lines() {
            let event: Value = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            let diagnostic = &event["diagnostic"];
            let part = |name: &str| diagnostic[name].as_str().unwrap_or_default().to_owned();
            let message = Message {
                address: part("address"),
                summary: part("summary"),
                detail: part("detail"),
            };
            match diagnostic["severity"].as_str() {
                Some("error") => said.errors.push(message),
                // The harness itself causes this warning.
                Some(_) if message.summary.contains("development overrides") => {}
                Some(_) => said.warnings.push(message),
                None => {}
            }
        }
        assert_eq!(output.status.success(), said.errors.is_empty(), "{}", output.text());
        said
    }

    /// Returns the output of a plan with changes or errors, or `None` if the plan is empty.
    pub(crate) async fn pending_plan(&mut self) -> Option<String> {
        let plan = self.main.run(&["plan", "-detailed-exitcode"], Shows::NoSecret).await;
        (plan.status.code() != Some(0)).then(|| plan.text())
    }

    /// Returns the address and the attributes of each object in the state.
    pub(crate) fn objects(&self) -> Vec<(String, Value)> {
        let resources = self.state["values"]["root_module"]["resources"].as_array();
        let addresses = resources.into_iter().flatten().filter_map(|it| it["address"].as_str());
        addresses
            .filter_map(|address| Some((address.to_owned(), attributes(&self.state, address)?)))
            .collect()
    }

    /// Ends a test that checks the remaining objects itself.
    pub(crate) fn skip_destroy(mut self) {
        self.destroyed = true;
    }
}

/// Waits until a directory contains no socket. Returns false if that takes too long.
async fn is_provider_orphaned(directory: &Path) -> bool {
    let wait = async {
        while socket_below(directory).is_some() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, wait).await.is_ok()
}

/// Returns the socket of a provider, which creates a separate directory for it.
fn socket_below(directory: &Path) -> Option<String> {
    for entry in fs::read_dir(directory).ok()?.filter_map(Result::ok) {
        let path = entry.path();
        if path.is_dir() {
            if let Some(found) = socket_below(&path) {
                return Some(found);
            }
        } else if entry.file_name() == "socket" {
            return Some(path.display().to_string());
        }
    }
    None
}
