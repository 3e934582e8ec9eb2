//! Processes that are not our own children: finding them, and seeing their end. Linux only.

use std::fs;
use std::path::Path;
use std::time::Duration;

use tokio::time::{sleep, timeout};

/// How often a look is taken.
const PAUSE: Duration = Duration::from_millis(20);

/// A process, told by its start from a later one of the same number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Process {
    id: u32,
    parent: u32,
    /// When it started, in the system's ticks.
    started: u64,
}

/// Whether this system tells about processes.
pub(crate) fn is_supported() -> bool {
    Path::new("/proc/self/stat").exists()
}

/// What this test program started in a directory, and what that started in turn.
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

/// Waits until none of these is there any more; false if that takes too long.
pub(super) async fn wait_until_gone(processes: &[Process], limit: Duration) -> bool {
    let wait = async {
        while processes.iter().any(Process::is_running) {
            sleep(PAUSE).await;
        }
    };
    timeout(limit, wait).await.is_ok()
}

impl Process {
    /// Whether it runs still. Its parent is gone, so who collects it is the system's business.
    fn is_running(&self) -> bool {
        look(self.id).is_some_and(|(now, runs)| now.started == self.started && runs)
    }
}

fn all() -> Vec<Process> {
    let entries = fs::read_dir("/proc").unwrap().filter_map(Result::ok);
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(look).filter(|(_, runs)| *runs).map(|(process, _)| process).collect()
}

/// The process of this number, and whether it is more than an entry that nobody collected.
fn look(id: u32) -> Option<(Process, bool)> {
    let line = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The second field is the name in parentheses, which may hold anything.
    let fields: Vec<_> = line.rsplit_once(')')?.1.split_whitespace().collect();
    let runs = !matches!(*fields.first()?, "Z" | "X");
    let parent = fields.get(1)?.parse().ok()?;
    let started = fields.get(19)?.parse().ok()?;
    Some((Process { id, parent, started }, runs))
}
