//! Logs of the plugin on stderr.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::UnixStream;

use crate::harness::{Launch, Plugin};
use crate::proto::tfplugin5::get_provider_schema;

/// Sends bytes that are not TLS, which causes a warning, and waits until the plugin closes the
/// connection.
async fn offend(plugin: &Plugin) {
    let mut peer = UnixStream::connect(&plugin.connector.socket).await.unwrap();
    peer.write_all(b"GET / HTTP/1.1\r\n\r\n").await.unwrap();
    // The read ends with an alert, or with an error if the plugin did not read the sent bytes.
    drop(peer.read_to_end(&mut Vec::new()).await);
}

#[tokio::test]
async fn every_log_line_is_valid_hclog_json() {
    let launch = Launch::by_terraform().env("TF_LOG", "TRACE").env("TF_LOG_SDK", "TRACE");
    let mut plugin = launch.start().await;
    plugin.client().await.get_schema(get_provider_schema::Request {}).await.unwrap();
    assert!(plugin.shutdown().await.success());
    let log = plugin.log();
    assert!(log.iter().any(|record| record["@message"] == "stopping plugin"));
    assert!(plugin.stderr().lines().all(|line| line.len() < 64 << 10));
    for record in &log {
        let text = |key: &str| record[key].as_str().unwrap_or_else(|| panic!("{key}: {record}"));
        assert!(["trace", "debug", "info", "warn", "error"].contains(&text("@level")));
        assert!(["anaconda", "sdk"].contains(&text("@module")));
        text("@message");
        let (_, fraction) = text("@timestamp").rsplit_once('.').unwrap();
        assert!(fraction.len() == 7 && fraction.ends_with('Z'), "{record}");
    }
    assert!(log.iter().any(|record| record["@module"] == "sdk"), "the other crates are silent");
}

#[tokio::test]
async fn rejected_client_is_logged_as_warning() {
    let mut plugin = Launch::by_terraform().env("TF_LOG", "WARN").start().await;
    offend(&plugin).await;
    plugin.stderr_until(|text| text.contains('\n')).await;
    let record = &plugin.log()[0];
    assert_eq!((&record["@level"], &record["@module"]), (&"warn".into(), &"anaconda".into()));
    assert!(record["error"].is_string(), "{record}");
}

#[tokio::test]
async fn provider_log_variable_takes_precedence() {
    let launch = Launch::by_terraform().env("TF_LOG", "TRACE");
    let mut plugin = launch.env("TF_LOG_PROVIDER_ANACONDA", "ERROR").start().await;
    offend(&plugin).await;
    assert!(plugin.shutdown().await.success());
    assert_eq!(plugin.stderr(), "");
}

#[tokio::test]
async fn log_omits_levels_terraform_discards() {
    let mut plugin = Plugin::start().await;
    offend(&plugin).await;
    assert!(plugin.shutdown().await.success());
    assert_eq!(plugin.stderr(), "");
}
