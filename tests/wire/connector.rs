//! Connects a gRPC client to a Unix socket, with or without TLS.

use std::convert::Infallible;
use std::io;
use std::path::PathBuf;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tonic::codegen::Service;
use tonic::transport::{Channel, Endpoint, Uri};

/// Connection with or without TLS.
pub(crate) trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

/// Socket of the plugin, and its TLS settings.
#[derive(Clone, Debug)]
pub(crate) struct Connector {
    pub(crate) socket: PathBuf,
    pub(crate) tls: Option<Arc<ClientConfig>>,
}

impl Connector {
    /// Opens a new connection.
    ///
    /// # Errors
    /// Returns the transport error, in particular if the plugin rejects the certificate.
    pub(crate) async fn channel(&self) -> Result<Channel, tonic::transport::Error> {
        // Tonic requires a URL, but the connector does not use it.
        Endpoint::from_static("http://localhost").connect_with_connector(self.clone()).await
    }

    /// Performs only the TLS handshake. In TLS 1.3, the client does not know yet whether the plugin
    /// accepts it.
    pub(crate) async fn handshake(&self) -> io::Result<TlsStream<UnixStream>> {
        let stream = UnixStream::connect(&self.socket).await?;
        let name = ServerName::try_from("localhost").unwrap();
        let config = Arc::clone(self.tls.as_ref().unwrap());
        TlsConnector::from(config).connect(name, stream).await
    }

    async fn connect(self) -> io::Result<TokioIo<Box<dyn Io>>> {
        let stream: Box<dyn Io> = if self.tls.is_some() {
            Box::new(self.handshake().await?)
        } else {
            Box::new(UnixStream::connect(&self.socket).await?)
        };
        Ok(TokioIo::new(stream))
    }
}

impl Service<Uri> for Connector {
    type Response = TokioIo<Box<dyn Io>>;
    type Error = io::Error;
    type Future = Pin<Box<dyn Future<Output = io::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok::<_, Infallible>(()).map_err(|never| match never {}))
    }

    fn call(&mut self, _: Uri) -> Self::Future {
        Box::pin(self.clone().connect())
    }
}
