//! The smallest provider in Rust with this TLS. It prints the handshake and accepts one client. One
//! function responds to the calls of the provider service. At `Shutdown`, the process exits.
//!
//! It shares no code with the crate, so that a cost of the crate cannot be part of both
//! measurements.

use std::convert::Infallible;
use std::future::{Ready, ready};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use prost::bytes::Bytes;
use rcgen::{CertificateParams, KeyPair, PKCS_ECDSA_P256_SHA256};
use rustls::client::danger::HandshakeSignatureValid;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivatePkcs8KeyDer, UnixTime};
use rustls::server::danger::{ClientCertVerified, ClientCertVerifier};
use rustls::{DigitallySignedStruct, DistinguishedName, Error, ServerConfig, SignatureScheme};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_stream::StreamExt as _;
use tonic::Status;
use tonic::body::Body;
use tonic::codegen::http::{Request, Response};
use tonic::codegen::{BoxFuture, Service};
use tonic::server::{Grpc, NamedService, UnaryService};
use tonic::transport::Server;
use tonic::transport::server::Connected;

use crate::raw::Raw;

/// Function that returns a response for the path of a call and its message.
pub(crate) type Answer = fn(&str, Bytes) -> Vec<u8>;

/// Runs a provider until it receives `Shutdown`.
pub(crate) fn run(answer: Answer) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(serve(answer));
}

async fn serve(answer: Answer) {
    let pem = std::env::var("PLUGIN_CLIENT_CERT").unwrap();
    let client = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    let key = KeyPair::generate_for(&PKCS_ECDSA_P256_SHA256).unwrap();
    let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate: CertificateDer<'static> = params.self_signed(&key).unwrap().into();
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(Arc::new(Only(client)))
        .with_single_cert(
            vec![certificate.clone()],
            PrivatePkcs8KeyDer::from(key.serialize_der()).into(),
        )
        .unwrap();
    config.alpn_protocols = vec![b"h2".to_vec()];
    let folder = std::env::temp_dir().join(format!("floor-{}", std::process::id()));
    std::fs::DirBuilder::new().mode(0o700).create(&folder).unwrap();
    let path = folder.join("socket");
    let listener = UnixListener::bind(&path).unwrap();
    println!("1|5|unix|{}|grpc|{}", path.display(), STANDARD_NO_PAD.encode(certificate));
    io::stdout().flush().unwrap();

    let acceptor = TlsAcceptor::from(Arc::new(config));
    let streams = tokio_stream::wrappers::UnixListenerStream::new(listener);
    let connections = streams.then(move |stream| {
        let acceptor = acceptor.clone();
        async move { acceptor.accept(stream?).await.map(Connection) }
    });
    let server = Server::builder().add_service(Provider(answer)).add_service(Controller(leave));
    server.serve_with_incoming(connections).await.unwrap();
}

/// Call with the function that responds to it.
struct Call(Answer, String);

impl UnaryService<Bytes> for Call {
    type Response = Vec<u8>;
    type Future = Ready<Result<tonic::Response<Vec<u8>>, Status>>;

    fn call(&mut self, request: tonic::Request<Bytes>) -> Self::Future {
        ready(Ok(tonic::Response::new(self.0(&self.1, request.into_inner()))))
    }
}

macro_rules! service {
    ($name:ident, $grpc:literal) => {
        #[derive(Clone, Copy)]
        struct $name(Answer);

        impl NamedService for $name {
            const NAME: &'static str = $grpc;
        }

        impl Service<Request<Body>> for $name {
            type Response = Response<Body>;
            type Error = Infallible;
            type Future = BoxFuture<Response<Body>, Infallible>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: Request<Body>) -> Self::Future {
                let call = Call(self.0, request.uri().path().to_owned());
                Box::pin(async move { Ok(Grpc::new(Raw).unary(call, request).await) })
            }
        }
    };
}

service!(Provider, "tfplugin5.Provider");
service!(Controller, "plugin.GRPCController");

/// Exits after the response is sent.
fn leave(_: &str, _: Bytes) -> Vec<u8> {
    tokio::spawn(async {
        tokio::task::yield_now().await;
        let folder = std::env::temp_dir().join(format!("floor-{}", std::process::id()));
        std::fs::remove_dir_all(folder).unwrap();
        std::process::exit(0);
    });
    Vec::new()
}

struct Connection(TlsStream<UnixStream>);

impl Connected for Connection {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.0).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.0).poll_shutdown(cx)
    }
}

/// Verifier that accepts one certificate.
#[derive(Debug)]
struct Only(CertificateDer<'static>);

impl ClientCertVerifier for Only {
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        presented: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if *presented == self.0 {
            Ok(ClientCertVerified::assertion())
        } else {
            Err(Error::General("another client".to_owned()))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signed, &algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = default_provider().signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signed, &algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        default_provider().signature_verification_algorithms.supported_schemes()
    }
}
