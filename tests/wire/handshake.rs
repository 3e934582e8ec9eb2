//! Arguments, the cookie, and the handshake line.

use std::fs::File;
use std::io::{Seek as _, Write as _};

use crate::harness::{Launch, Plugin};

#[tokio::test]
async fn a_person_gets_an_explanation_and_nothing_on_stdout() {
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
async fn version_and_help_need_no_cookie() {
    for (argument, word) in [("--version", env!("CARGO_PKG_VERSION")), ("-help", "--debug")] {
        let output = Launch::from_shell().arg(argument).output().await;
        assert!(output.status.success());
        assert!(String::from_utf8(output.stdout).unwrap().contains(word), "{argument}");
    }
}

#[tokio::test]
async fn an_unknown_argument_is_refused_by_name() {
    let output = Launch::by_terraform().arg("--verbose").output().await;
    assert_eq!((output.status.code(), output.stdout), (Some(2), vec![]));
    assert!(String::from_utf8(output.stderr).unwrap().contains("--verbose"));
}

#[tokio::test]
async fn the_handshake_is_all_that_stdout_ever_gets() {
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
async fn version_five_is_the_answer_to_every_offer() {
    // The harness accepts no other answer than 5.
    for offer in ["6,5", "5,6", "5", "", "x,5", "6"] {
        Launch::without_tls().env("PLUGIN_PROTOCOL_VERSIONS", offer).start().await;
    }
    Launch::without_tls().without("PLUGIN_PROTOCOL_VERSIONS").start().await;
}

#[tokio::test]
async fn a_host_that_asks_for_multiplexing_gets_the_same_six_fields() {
    Launch::without_tls().env("PLUGIN_MULTIPLEX_GRPC", "true").start().await;
}

#[tokio::test]
async fn the_socket_is_where_the_host_wants_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let mut plugin = Launch::by_terraform().env("PLUGIN_UNIX_SOCKET_DIR", path).start().await;
    assert!(plugin.handshake.address.starts_with(path));
    assert!(plugin.shutdown().await.success());
    assert_eq!(folder.path().read_dir().unwrap().count(), 0);
}

#[tokio::test]
async fn a_folder_with_a_long_name_is_no_trouble() {
    let folder = tempfile::tempdir().unwrap();
    let long = folder.path().join("x".repeat(100));
    std::fs::create_dir(&long).unwrap();
    let mut plugin = Launch::by_terraform().env("TMPDIR", long.to_str().unwrap()).start().await;
    assert!(plugin.handshake.address.len() <= 100);
    assert!(plugin.shutdown().await.success());
    assert!(!std::fs::exists(&plugin.handshake.address).unwrap());
}

#[tokio::test]
async fn a_folder_that_does_not_exist_is_named_in_the_error() {
    let output = Launch::by_terraform().env("TMPDIR", "/no/such/folder").output().await;
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), output.stdout), (Some(1), vec![]));
    assert!(text.contains("/no/such/folder") && text.contains("TMPDIR"), "{text}");
}

#[tokio::test]
async fn the_answers_of_the_user_on_stdin_are_left_alone() {
    let mut answers = tempfile::tempfile().unwrap();
    answers.write_all(b"yes\n").unwrap();
    answers.rewind().unwrap();
    let shared: File = answers.try_clone().unwrap();
    let mut plugin = Launch::by_terraform().stdin(shared).start().await;
    assert!(plugin.shutdown().await.success());
    assert_eq!(answers.stream_position().unwrap(), 0);
}
