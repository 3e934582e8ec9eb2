//! Data that other processes of the same user, and a core dump, can read.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Stdio;

use tokio::process::Command;

use crate::admin::{Organization, provider_block};
use crate::harness::Plugin;
use crate::session::Session;

/// Returns a command that runs a shell, allows core dumps, and runs `program`.
fn dumping(program: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("ulimit -c unlimited 2>/dev/null; {program}")]);
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    command
}

#[tokio::test]
async fn crashed_process_leaves_no_core_dump() {
    let folder = tempfile::tempdir().unwrap();
    // The settings of the machine determine whether it writes core dumps. If it does not, this test
    // has nothing to check.
    let other = dumping("kill -s ABRT $$").current_dir(&folder).status().await.unwrap();
    if !other.core_dumped() {
        return;
    }
    let mut session = Session::with(&Organization::start().await).await;
    let pid = session.plugin.pid().to_string();
    let allowed = Command::new("prlimit").args(["--core=unlimited", "--pid", &pid]).status().await;
    assert!(allowed.unwrap().success());
    session.plugin.signal("ABRT").await;
    let status = session.plugin.exit().await;
    assert_eq!(status.signal(), Some(6));
    assert!(!status.core_dumped(), "{status:?}");
}

#[tokio::test]
async fn process_command_line_contains_no_secrets() {
    let plugin = Plugin::start().await;
    let line = Command::new("ps")
        .args(["-o", "args=", "-p", &plugin.pid().to_string()])
        .output()
        .await
        .unwrap();
    let line = String::from_utf8(line.stdout).unwrap();
    assert_eq!(line.trim().split(' ').count(), 1, "{line}");
    let secret = provider_block("")["client_secret"].clone();
    assert!(!line.contains(secret.as_str().unwrap()));
}
