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

/// The longest that anything here waits for the plugin. It is generous: the machine may be busy.
const TIMEOUT: Duration = Duration::from_secs(20);

/// The variables that Terraform always sets.
const FROM_TERRAFORM: [(&str, &str); 4] = [
    ("TF_PLUGIN_MAGIC_COOKIE", "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2"),
    ("PLUGIN_PROTOCOL_VERSIONS", "6,5"),
    ("PLUGIN_MIN_PORT", "10000"),
    ("PLUGIN_MAX_PORT", "25000"),
];

/// A plugin that is about to be started. Of the test's own environment it gets nothing.
#[derive(Debug)]
pub(crate) struct Launch {
    command: Command,
    identity: Option<Identity>,
    folder: TempDir,
}

impl Launch {
    /// As a person starts it.
    pub(crate) fn from_shell() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_terraform-provider-anaconda"));
        command.env_clear().env("TMPDIR", folder.path()).kill_on_drop(true);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Self { command, identity: None, folder }
    }

    /// As Terraform starts it with `TF_DISABLE_PLUGIN_TLS`.
    pub(crate) fn without_tls() -> Self {
        let mut launch = Self::from_shell();
        launch.command.envs(FROM_TERRAFORM);
        launch
    }

    /// As Terraform starts it.
    pub(crate) fn by_terraform() -> Self {
        let identity = Identity::new();
        let mut launch = Self::without_tls().env("PLUGIN_CLIENT_CERT", &identity.pem());
        launch.identity = Some(identity);
        launch
    }

    /// Sets a variable.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.command.env(name, value);
        self
    }

    /// Takes a variable away.
    pub(crate) fn without(mut self, name: &str) -> Self {
        self.command.env_remove(name);
        self
    }

    /// Adds an argument.
    pub(crate) fn arg(mut self, argument: &str) -> Self {
        self.command.arg(argument);
        self
    }

    /// What the plugin finds at its standard input.
    pub(crate) fn stdin(mut self, file: File) -> Self {
        self.command.stdin(file);
        self
    }

    /// Runs a plugin that should end by itself, to its end.
    pub(crate) async fn output(mut self) -> Output {
        timeout(TIMEOUT, self.command.output()).await.expect("the plugin did not end").unwrap()
    }

    /// Starts and reads the handshake.
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

    /// Starts with `--debug` and reads the variable.
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

/// Reads all that comes, as it comes.
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

/// The line that the plugin printed.
#[derive(Clone, Debug, Default)]
pub(crate) struct Handshake {
    /// The whole line.
    pub(crate) line: String,
    /// Path of the socket.
    pub(crate) address: String,
    /// The plugin's certificate, if it sent one.
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

/// A running plugin. It is killed when this is dropped.
#[derive(Debug)]
pub(crate) struct Plugin {
    child: Child,
    stdout: watch::Receiver<String>,
    stderr: watch::Receiver<String>,
    folder: TempDir,
    /// What it said about itself.
    pub(crate) handshake: Handshake,
    /// Whom it lets in, if it does not let everybody in.
    pub(crate) identity: Option<Identity>,
    /// How to connect.
    pub(crate) connector: Connector,
}

impl Plugin {
    /// Starts it as Terraform does.
    pub(crate) async fn start() -> Self {
        Launch::by_terraform().start().await
    }

    /// A new connection with it.
    pub(crate) async fn channel(&self) -> Channel {
        self.connector.channel().await.unwrap()
    }

    /// A client of the provider, on a new connection.
    pub(crate) async fn client(&self) -> ProviderClient<Channel> {
        ProviderClient::new(self.channel().await)
    }

    /// All it has printed to stderr so far.
    pub(crate) fn stderr(&self) -> String {
        self.stderr.borrow().clone()
    }

    /// Waits until what it has printed to stderr is as wanted.
    pub(crate) async fn stderr_until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        until(&mut self.stderr, wanted).await
    }

    /// The records on stderr so far.
    pub(crate) fn log(&self) -> Vec<Value> {
        self.stderr().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// All it has printed to stdout so far.
    pub(crate) fn stdout(&self) -> String {
        self.stdout.borrow().clone()
    }

    async fn stdout_until(&mut self, wanted: impl Fn(&str) -> bool) -> String {
        until(&mut self.stdout, wanted).await
    }

    /// The folder that it has for temporary files.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// How many files are left there.
    pub(crate) fn files_left(&self) -> usize {
        self.folder().read_dir().unwrap().count()
    }

    /// Its process.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id().unwrap()
    }

    /// Sends a signal, by its name without `SIG`.
    pub(crate) async fn signal(&self, name: &str) {
        let pid = self.pid().to_string();
        let sent = Command::new("kill").args(["-s", name, &pid]).status().await.unwrap();
        assert!(sent.success());
    }

    /// Waits for its end, and until all that it has printed is here.
    pub(crate) async fn exit(&mut self) -> ExitStatus {
        let ended = async {
            let status = self.child.wait().await.unwrap();
            for output in [&mut self.stdout, &mut self.stderr] {
                // It fails when there is no more to come.
                while output.changed().await.is_ok() {}
            }
            status
        };
        timeout(TIMEOUT, ended).await.expect("the plugin did not end")
    }

    /// Ends it as Terraform does, and waits.
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
