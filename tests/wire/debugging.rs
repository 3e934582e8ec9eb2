//! Debug mode: a developer starts the plugin, and Terraform attaches to it.

use tokio::time::{Duration, timeout};

use crate::harness::Launch;
use crate::proto::tfplugin5::{configure, get_provider_schema};

#[tokio::test]
async fn debug_mode_prints_reattach_variable() {
    let (plugin, value) = Launch::from_shell().debug().await;
    let entry = &value["registry.terraform.io/anaconda-community/anaconda"];
    assert_eq!(entry["Protocol"], "grpc");
    assert_eq!(entry["ProtocolVersion"], 5);
    assert_eq!(entry["Test"], true);
    assert_eq!(entry["Addr"]["Network"], "unix");
    assert!(entry["Pid"].is_u64());
    assert!(!plugin.stdout().contains("1|5|"));
}

#[tokio::test]
async fn debug_mode_serves_several_clients() {
    let (mut plugin, _) = Launch::from_shell().debug().await;
    for _ in 0..2 {
        let (mut one, mut two) = (plugin.client().await, plugin.client().await);
        let (one, two) = tokio::join!(
            one.configure(configure::Request::default()),
            two.configure(configure::Request::default()),
        );
        assert!(one.is_ok() && two.is_ok());
    }
    // Without debug mode, the plugin would exit after two seconds.
    assert!(timeout(Duration::from_secs(3), plugin.exit()).await.is_err());
    plugin.client().await.get_schema(get_provider_schema::Request {}).await.unwrap();
}

#[tokio::test]
async fn signals_stop_debug_mode_and_clean_up() {
    for signal in ["INT", "TERM"] {
        let (mut plugin, _) = Launch::from_shell().debug().await;
        let client = plugin.client().await;
        plugin.signal(signal).await;
        assert!(plugin.exit().await.success());
        assert_eq!(plugin.files_left(), 0);
        drop(client);
    }
}

#[tokio::test]
async fn reattach_variable_is_written_to_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("attach.env");
    let launch = Launch::from_shell().arg("--debug-file").arg(file.to_str().unwrap());
    let (mut plugin, value) = launch.debug().await;
    let text = std::fs::read_to_string(&file).unwrap();
    let text = text.strip_prefix("export TF_REATTACH_PROVIDERS='").unwrap();
    let written: serde_json::Value =
        serde_json::from_str(text.strip_suffix("'\n").unwrap()).unwrap();
    assert_eq!(written, value);
    plugin.signal("INT").await;
    assert!(plugin.exit().await.success());
    assert!(!file.exists());
}
