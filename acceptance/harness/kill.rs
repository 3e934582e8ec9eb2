//! The sudden death of Terraform itself, at a chosen request, what its provider does then, and
//! what the next command says.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

use super::processes::{below, wait_until_gone};
use super::workspace::Shows;
use super::{TestEnv, attributes};

/// How long an orphaned provider may take until it is gone: two seconds until it knows, and what
/// it has begun. It is less than the half minute after which it ends whatever still runs, so a
/// provider that waits for that fails here.
const LIMIT: Duration = Duration::from_secs(20);

/// What becomes of the request at which Terraform was killed, when the provider knows that it is
/// alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum PendingRequest {
    /// It is carried out.
    ProcessedLater,
    /// It was carried out before the death, and is answered.
    ProcessedBefore,
}

/// Terraform's end, and its provider's.
#[derive(Clone, Debug)]
pub(crate) struct KillResult {
    /// The request at which it was killed, as in `POST /users`.
    pub(crate) request: String,
    /// What is wrong with the way in which the provider ended.
    pub(crate) problems: Vec<String>,
}

/// What a command said, as `-json` has it.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandDiagnostics {
    pub(crate) errors: Vec<Message>,
    pub(crate) warnings: Vec<Message>,
}

/// One error or warning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Message {
    /// The object that it is about; nothing where it is about none.
    pub(crate) address: String,
    pub(crate) summary: String,
    pub(crate) detail: String,
}

impl TestEnv {
    /// Runs a command and kills Terraform, not the provider, at its request of that number, from
    /// 1. Then lets the request go on, and waits until the provider is gone.
    pub(crate) async fn kill_at(
        &mut self,
        command: &[&str],
        number: usize,
        then: PendingRequest,
    ) -> KillResult {
        // A short path, so that sockets fit, and one that shows what is left in it.
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

    /// Runs a command that knows `-json`; what it said, whether it succeeded or not.
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
                // The harness's own doing.
                Some(_) if message.summary.contains("development overrides") => {}
                Some(_) => said.warnings.push(message),
                None => {}
            }
        }
        assert_eq!(output.status.success(), said.errors.is_empty(), "{}", output.text());
        said
    }

    /// What a plan still wants to do, and what it says; nothing when all is settled.
    pub(crate) async fn pending_plan(&mut self) -> Option<String> {
        let plan = self.main.run(&["plan", "-detailed-exitcode"], Shows::NoSecret).await;
        (plan.status.code() != Some(0)).then(|| plan.text())
    }

    /// The attributes of all objects in the state, with their addresses.
    pub(crate) fn objects(&self) -> Vec<(String, Value)> {
        let resources = self.state["values"]["root_module"]["resources"].as_array();
        let addresses = resources.into_iter().flatten().filter_map(|it| it["address"].as_str());
        addresses
            .filter_map(|address| Some((address.to_owned(), attributes(&self.state, address)?)))
            .collect()
    }

    /// Ends a test that looks by itself at what is left.
    pub(crate) fn skip_destroy(mut self) {
        self.destroyed = true;
    }
}

/// Waits until no socket is in a directory any more; false if that takes too long.
async fn is_provider_orphaned(directory: &Path) -> bool {
    let wait = async {
        while socket_below(directory).is_some() {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(LIMIT, wait).await.is_ok()
}

/// The socket of a provider, which is in a directory of its own.
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
