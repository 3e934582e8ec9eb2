//! Finds processes that are not child processes of the test, and detects their exit. Linux only.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// Pause between two polls.
const PAUSE: Duration = Duration::from_millis(20);

/// A process. Its start time distinguishes it from a later process with the same ID.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    id: u32,
    parent: u32,
    /// Start time in clock ticks of the system.
    started: u64,
}

/// Whether this system provides information about processes.
pub(crate) fn is_supported() -> bool {
    Path::new("/proc/self/stat").exists()
}

/// Returns the processes that the test started in a directory, and their child processes.
pub(super) fn below(directory: &Path) -> (Vec<Process>, Vec<Process>) {
    let directory = directory.canonicalize().unwrap();
    let all = all();
    let started_here = |process: &&Process| {
        process.parent == std::process::id()
            && fs::read_link(format!("/proc/{}/cwd", process.id)).is_ok_and(|cwd| cwd == directory)
    };
    let ours: Vec<_> = all.iter().filter(started_here).cloned().collect();
    let is_child = |process: &&Process| ours.iter().any(|it| it.id == process.parent);
    let theirs = all.iter().filter(is_child).cloned().collect();
    (ours, theirs)
}

/// Waits until all of these processes have exited. Returns false if that takes too long.
pub(super) async fn wait_until_gone(processes: &[Process], limit: Duration) -> bool {
    let wait = async {
        while processes.iter().any(Process::is_running) {
            sleep(PAUSE).await;
        }
    };
    timeout(limit, wait).await.is_ok()
}

impl Process {
    /// Whether the process still runs. Its parent has exited, so the system decides when to remove
    /// the entry of an exited process.
    fn is_running(&self) -> bool {
        look(self.id).is_some_and(|(now, runs)| now.started == self.started && runs)
    }
}

fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(look).filter(|(_, runs)| *runs).map(|(process, _)| process).collect()
}

/// Returns the process with this ID, and whether it runs. An exited process can still have an
/// entry.
fn look(id: u32) -> Option<(Process, bool)> {
    let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is the name in parentheses, which can contain any character.
    let fields: Vec<_> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let runs = !matches!(*fields.first()?, "Z" | "X");
    let parent = fields.get(1)?.parse().ok()?;
    let started = fields.get(19)?.parse().ok()?;
    Some((Process { id, parent, started }, runs))
}
