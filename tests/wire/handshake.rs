//! Arguments, the magic cookie, and the handshake line.

use std::fs::File;
use std::io::{Seek as _, Write as _};

use crate::harness::{Launch, Plugin};

#[tokio::test]
async fn start_from_shell_prints_explanation_to_stderr() {
    let wrong = Launch::from_shell().env("TF_PLUGIN_MAGIC_COOKIE", "wrong");
    for launch in [Launch::from_shell(), wrong] {
        let output = launch.output().await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout), (Some(1), vec![]));
        assert!(
            text.contains("dev_overrides") && text.contains("This program is a plugin"),
            "{text}"
        );
    }
}

#[tokio::test]
async fn version_and_help_need_no_magic_cookie() {
    for (argument, word) in [("--version", env!("CARGO_PKG_VERSION")), ("-help", "--debug")] {
        let output = Launch::from_shell().arg(argument).output().await;
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(word), "{argument}");
    }
}

#[tokio::test]
async fn unknown_command_line_argument_is_rejected() {
    let output = Launch::by_terraform().arg("--verbose").output().await;
    assert_eq!((output.status.code(), output.stdout), (Some(2), vec![]));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--verbose"));
}

#[tokio::test]
async fn stdout_contains_only_handshake_line() {
    let mut plugin = Plugin::start().await;
    assert_eq!(plugin.handshake.line.split('|').count(), 6);
    plugin
        .client()
        .await
        .get_schema(crate::proto::tfplugin5::get_provider_schema::Request {})
        .await
        .unwrap();
    assert!(plugin.shutdown().await.success());
    assert_eq!(plugin.stdout(), plugin.handshake.line);
}

#[tokio::test]
async fn handshake_always_selects_protocol_five() {
    // The harness accepts only protocol version 5.
    for offer in ["6,5", "5,6", "5", "", "x,5", "6"] {
        Launch::without_tls().env("PLUGIN_PROTOCOL_VERSIONS", offer).start().await;
    }
    Launch::without_tls().without("PLUGIN_PROTOCOL_VERSIONS").start().await;
}

#[tokio::test]
async fn multiplexing_offer_keeps_six_handshake_fields() {
    Launch::without_tls().env("PLUGIN_MULTIPLEX_GRPC", "true").start().await;
}

#[tokio::test]
async fn socket_is_created_in_requested_directory() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let mut plugin = Launch::by_terraform().env("PLUGIN_UNIX_SOCKET_DIR", path).start().await;
    assert!(plugin.handshake.address.starts_with(path));
    assert!(plugin.shutdown().await.success());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn long_socket_directory_name_works() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("x".repeat(100));
    std::fs::create_dir(&long).unwrap();
    let mut plugin = Launch::by_terraform().env("TMPDIR", long.to_str().unwrap()).start().await;
    assert!(plugin.handshake.address.len() <= 100);
    assert!(plugin.shutdown().await.success());
    assert!(!std::fs::exists(&plugin.handshake.address).unwrap());
}

#[tokio::test]
async fn missing_socket_directory_is_named_in_error() {
    let output = Launch::by_terraform().env("TMPDIR", "/no/such/folder").output().await;
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(1), vec![]));
    assert!(text.contains("/no/such/folder") && text.contains("TMPDIR"), "{text}");
}

#[tokio::test]
async fn user_input_on_stdin_is_not_consumed() {
    let mut answers = tempfile::tempfile().unwrap();
    answers.write_all(b"yes\n").unwrap();
    answers.rewind().unwrap();
    let shared: File = answers.try_clone().unwrap();
    let mut plugin = Launch::by_terraform().stdin(shared).start().await;
    assert!(plugin.shutdown().await.success());
    assert_eq!(answers.stream_position().unwrap(), 0);
}
