//! Starts the built plugin as Terraform does.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Output, Stdio};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use rustls::pki_types::CertificateDer;
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::watch;
use tokio::time::timeout;
use tonic::transport::Channel;

use crate::certificates::{Identity, client};
use crate::connector::Connector;
use crate::proto::plugin::Empty;
use crate::proto::plugin::grpc_controller_client::GrpcControllerClient;
use crate::proto::tfplugin5::provider_client::ProviderClient;

/// Maximum time that a test waits for the plugin. It is long, because the machine might be busy.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Environment variables that Terraform always sets.
const FROM_TERRAFORM: [(&str, &str); 4] = [
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"),
    ("PLUGIN_PROTOCOL_VERSIONS", "6,5"),
    ("PLUGIN_MIN_PORT", "10000"),
    ("PLUGIN_MAX_PORT", "25000"),
];

/// Plugin before its start. It does not inherit the environment of the test.
#[derive(Debug)]
pub(crate) struct Launch {
    command: Command,
    identity: Option<Identity>,
    folder: TempDir,
}

impl Launch {
    /// Prepares a start from a shell.
    pub(crate) fn from_shell() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-anaconda"));
        command.env_clear().env("TMPDIR", folder.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, identity: None, folder }
    }

    /// Prepares a start as by Terraform with `TF_DISABLE_PLUGIN_TLS`.
    pub(crate) fn without_tls() -> Self {
        let mut launch = Self::from_shell();
        launch.command.envs(FROM_TERRAFORM);
        launch
    }

    /// Prepares a start as by Terraform.
    pub(crate) fn by_terraform() -> Self {
        let identity = Identity::new();
        let mut launch = Self::without_tls().env("PLUGIN_CLIENT_CERT", &identity.pem());
        launch.identity = Some(identity);
        launch
    }

    /// Sets an environment variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Removes an environment variable.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// Sets the standard input of the plugin.
    pub(crate) fn stdin(mut self, file: File) -> Self {
        self.command.stdin(file);
        self
    }

    /// Runs a plugin that exits without a signal, and waits until it exits.
    pub(crate) async fn output(mut self) -> Output {
        timeout(TIMEOUT, self.command.output()).await.expect("the plugin did not end").unwrap()
    }

    /// Starts the plugin and reads the handshake.
    pub(crate) async fn start(self) -> Plugin {
        let identity = self.identity.clone();
        let mut plugin = self.spawn();
        let line = plugin.stdout_until(|text| text.ends_with('\n')).await;
        plugin.handshake = Handshake::parse(&line);
        plugin.connector.socket = plugin.handshake.address.clone().into();
        plugin.connector.tls = plugin.handshake.certificate.as_ref().map(|server| {
            client(server, identity.as_ref(), &[&rustls::version::TLS13, &rustls::version::TLS12])
        });
        plugin.identity = identity;
        plugin
    }

    /// Starts the plugin with `--debug` and reads the environment variable that it prints.
    pub(crate) async fn debug(self) -> (Plugin, Value) {
        let mut plugin = self.arg("--debug").spawn();
        let text = plugin.stdout_until(|text| text.contains("'\n")).await;
        let value = text.split("TF_REATTACH_PROVIDERS='").nth(1).unwrap();
        let value: Value = serde_json::from_str(value.split("'\n").next().unwrap()).unwrap();
        let entry = &value["registry.terraform.io/anaconda-community/anaconda"];
        plugin.connector.socket = entry["Addr"]["String"].as_str().unwrap().into();
        (plugin, value)
    }

    fn spawn(mut self) -> Plugin {
        let mut child = self.command.spawn().unwrap();
        let stdout = collect(child.stdout.take().unwrap());
        let stderr = collect(child.stderr.take().unwrap());
        Plugin {
            child,
            stdout,
            stderr,
            folder: self.folder,
            handshake: Handshake::default(),
            identity: None,
            connector: Connector { socket: PathBuf::new(), tls: None },
        }
    }
}

/// Reads all output continuously.
fn collect(source: impl AsyncRead + Send + Unpin + 'static) -> watch::Receiver<String> {
    let (text, collected) = watch::channel(String::new());
    tokio::spawn(async move {
        let mut lines = BufReader::new(source);
        let mut line = String::new();
        while lines.read_line(&mut line).await.is_ok_and(|length| length > 0) {
            text.send_modify(|text| text.push_str(&line));
            line.clear();
        }
    });
    collected
}

/// Handshake line of the plugin.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handshake {
    pub(crate) line: String,
    /// Path of the socket.
    pub(crate) address: String,
    /// Certificate of the plugin, if it sent one.
    pub(crate) certificate: Option<CertificateDer<'static>>,
}

impl Handshake {
    fn parse(line: &str) -> Self {
        let fields: Vec<_> = line.strip_suffix('\n').unwrap().split('|').collect();
        let ["1", "5", "unix", address, "grpc", certificate] = fields.as_slice() else {
            panic!("unexpected handshake: {line}")
        };
        let certificate = Some(STANDARD_NO_PAD.decode(certificate).unwrap());
        Self {
            line: line.to_owned(),
            address: (*address).to_owned(),
            certificate: certificate.filter(|der| !der.is_empty()).map(CertificateDer::from),
        }
    }
}

/// Running plugin. It is killed on drop.
#[derive(Debug)]
pub(crate) struct Plugin {
    child: Child,
    stdout: watch::Receiver<String>,
    stderr: watch::Receiver<String>,
    folder: TempDir,
    pub(crate) handshake: Handshake,
    /// Identity of the only client that the plugin accepts. `None` if the plugin accepts every
    /// client.
    pub(crate) identity: Option<Identity>,
    /// Connector for the socket of the plugin.
    pub(crate) connector: Connector,
}

impl Plugin {
    /// Starts the plugin as Terraform does.
    pub(crate) async fn start() -> Self {
        Launch::by_terraform().start().await
    }

    /// Opens a new connection.
    pub(crate) async fn channel(&self) -> Channel {
        self.connector.channel().await.unwrap()
    }

    /// Returns a client of the provider on a new connection.
    pub(crate) async fn client(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel().await)
    }

    /// Returns the complete stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.borrow().clone()
    }

    /// Waits until stderr satisfies `wanted`.
    pub(crate) async fn stderr_until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        until(&mut self.stderr, wanted).await
    }

    /// Returns the log records on stderr so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Returns the complete stdout so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.borrow().clone()
    }

    async fn stdout_until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        until(&mut self.stdout, wanted).await
    }

    /// Returns the directory for temporary files of the plugin.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns the number of files in that directory.
    pub(crate) fn files_left(&self) -> usize {
        self.folder().read_dir().unwrap().count()
    }

    /// Returns the process ID.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends a signal. `name` is its name without `SIG`.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits until the plugin exits and all its output has arrived.
    pub(crate) async fn exit(&mut self) -> ExitStatus {
        let ended = async {
            let status = self.child.wait().await.unwrap();
            for output in [&mut self.stdout, &mut self.stderr] {
                // This fails when the stream has no more output.
                while output.changed().await.is_ok() {}
            }
            status
        };
        timeout(TIMEOUT, ended).await.expect("the plugin did not end")
    }

    /// Shuts the plugin down as Terraform does, and waits until it exits.
    pub(crate) async fn shutdown(&mut self) -> ExitStatus {
        let mut controller = GrpcControllerClient::new(self.channel().await);
        controller.shutdown(Empty {}).await.unwrap();
        self.exit().await
    }
}

async fn until(text: &mut watch::Receiver<String>, wanted: impl Fn(&str) -> bool) -> String {
    if let Ok(Ok(found)) = timeout(TIMEOUT, text.wait_for(|text| wanted(text))).await {
        return found.clone();
    }
    panic!("the plugin did not print what was wanted, but: {}", text.borrow().as_str())
}
