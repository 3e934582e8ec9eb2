//! Starts any provider binary as Terraform does: cookie, handshake, mutual TLS, gRPC.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Instant;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::bytes::Bytes;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, ClientConfig, DigitallySignedStruct, Error, SignatureScheme};
use tempfile::TempDir;
use tonic::transport::Channel;

use crate::certificates::{Always, Identity};
use crate::connector::Connector;
use crate::{process, raw};

/// Provider to measure.
#[derive(Clone, Debug)]
pub(crate) struct Peer {
    pub(crate) name: String,
    pub(crate) binary: PathBuf,
}

/// Measurements of one start.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Launch {
    pub(crate) handshake_ms: f64,
    pub(crate) schema_ms: f64,
    pub(crate) cpu_ms: f64,
    pub(crate) peak_mb: f64,
    pub(crate) threads: f64,
    pub(crate) warm_schema_ms: f64,
    pub(crate) shutdown_ms: f64,
    pub(crate) schema_bytes: usize,
}

/// Returns the number of milliseconds since `since`.
pub(crate) fn ms(since: Instant) -> f64 {
    since.elapsed().as_secs_f64() * 1e3
}

/// Returns the providers from the command-line arguments `--peer NAME=PATH`.
pub(crate) fn named() -> Vec<Peer> {
    let arguments: Vec<String> = std::env::args().collect();
    let pairs = arguments.windows(2).filter(|pair| pair[0] == "--peer");
    pairs
        .map(|pair| pair[1].split_once('=').unwrap())
        .map(|(name, path)| Peer::new(name, Path::new(path)))
        .collect()
}

impl Peer {
    pub(crate) fn new(name: &str, binary: &Path) -> Self {
        Self { name: name.to_owned(), binary: binary.to_owned() }
    }

    pub(crate) fn binary_mb(&self) -> f64 {
        f64::from(u32::try_from(self.binary.metadata().unwrap().len()).unwrap()) / 1e6
    }

    /// Starts the provider and connects. Also returns the duration of the handshake in
    /// milliseconds.
    pub(crate) async fn start(&self, identity: &Identity) -> (Started, f64) {
        let folder = TempDir::new().unwrap();
        let mut command = Command::new(&self.binary);
        command
            .env_clear()
            .envs([
                ("TMPDIR", folder.path().to_str().unwrap()),
                (
                    "TF_PLUGIN_MAGIC_COOKIE",
                    "d602bf8f470bc67ca7faa0386276bbdd4330efaf76d1a219cb4d6991ca9872b2",
                ),
                ("PLUGIN_PROTOCOL_VERSIONS", "6,5"),
                ("PLUGIN_MIN_PORT", "10000"),
                ("PLUGIN_MAX_PORT", "25000"),
                ("PLUGIN_CLIENT_CERT", &identity.pem()),
            ])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let begin = Instant::now();
        let mut child = Running(command.spawn().unwrap());
        let mut line = String::new();
        BufReader::new(child.0.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let handshake_ms = ms(begin);
        let (schema_path, channel) = connect(&line, identity).await;
        (Started { child, channel, schema_path, _folder: folder }, handshake_ms)
    }

    /// Starts the provider, requests its schemas twice, and shuts it down.
    pub(crate) async fn launch(&self, identity: &Identity) -> Launch {
        let begin = Instant::now();
        let (started, handshake_ms) = self.start(identity).await;
        let schema_bytes = started.schemas().await.len();
        let schema_ms = ms(begin);
        let pid = started.pid();
        let (cpu_ms, peak_mb) = (process::cpu_ms(pid), process::peak_mb(pid));
        let threads = process::threads(pid);
        let again = Instant::now();
        started.schemas().await;
        let warm_schema_ms = ms(again);
        let end = Instant::now();
        started.shutdown().await;
        Launch {
            handshake_ms,
            schema_ms,
            cpu_ms,
            peak_mb,
            threads,
            warm_schema_ms,
            shutdown_ms: ms(end),
            schema_bytes,
        }
    }
}

/// Running provider with a connection to it.
pub(crate) struct Started {
    child: Running,
    pub(crate) channel: Channel,
    schema_path: &'static str,
    _folder: TempDir,
}

impl Started {
    pub(crate) fn pid(&self) -> u32 {
        self.child.0.id()
    }

    /// Returns the undecoded response with all schemas.
    pub(crate) async fn schemas(&self) -> Bytes {
        raw::call(&self.channel, self.schema_path).await.unwrap()
    }

    /// Shuts the provider down as Terraform does, and waits until it exits.
    pub(crate) async fn shutdown(self) {
        let Self { mut child, channel, _folder, .. } = self;
        // The process might exit before its response arrives.
        drop(raw::call(&channel, "/plugin.GRPCController/Shutdown").await);
        drop(channel);
        // Wait in a separate thread, because the connection must close in the meantime.
        tokio::task::spawn_blocking(move || child.0.wait()).await.unwrap().unwrap();
    }
}

/// Child process. It is killed on drop if the benchmark fails.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
    }
}

/// Connects to the socket in the handshake line. Also returns the path of the schema call.
async fn connect(line: &str, identity: &Identity) -> (&'static str, Channel) {
    let fields: Vec<&str> = line.trim_end().split('|').collect();
    let ["1", version, "unix", address, "grpc", certificate, ..] = fields.as_slice() else {
        panic!("unexpected handshake: {line:?}")
    };
    let server = CertificateDer::from(STANDARD_NO_PAD.decode(certificate).unwrap());
    let connector = Connector { socket: (*address).into(), tls: Some(client(server, identity)) };
    let path = match *version {
        "5" => "/tfplugin5.Provider/GetSchema",
        _ => "/tfplugin6.Provider/GetProviderSchema",
    };
    (path, connector.channel().await.unwrap())
}

fn client(server: CertificateDer<'static>, identity: &Identity) -> Arc<ClientConfig> {
    let crypto = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(crypto)
        .with_safe_default_protocol_versions()
        .unwrap()
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(OnlyThis(server)))
        .with_client_cert_resolver(Arc::new(Always(Arc::clone(&identity.key))));
    config.alpn_protocols = vec![b"h2".to_vec()];
    Arc::new(config)
}

/// Verifier that accepts exactly one certificate. Providers in Go send a CA certificate as the
/// server certificate, which the usual verifier rejects.
#[derive(Debug)]
struct OnlyThis(CertificateDer<'static>);

impl ServerCertVerifier for OnlyThis {
    fn verify_server_cert(
        &self,
        presented: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if *presented == self.0 {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(CertificateError::ApplicationVerificationFailure.into())
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = aws_lc_rs::default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        aws_lc_rs::default_provider().signature_verification_algorithms.supported_schemes()
    }
}
