//! Accepts connections from clients.
//!
//! Each new peer has its own task. Therefore a peer that connects and sends nothing, or fails the
//! TLS handshake, does not affect the other peers.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;
use tokio_stream::wrappers::ReceiverStream;

use super::connection::Connection;
use super::lifecycle::Lifecycle;
use super::listener::{Listener, Stream};

/// Timeout of the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Maximum number of concurrent TLS handshakes; further peers wait in the socket's queue.
const PENDING: usize = 64;
/// Pause after a failed accept. The usual cause is a lack of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// Accepted connections. The stream never fails and ends only with the process.
pub(super) type ConnectionStream = ReceiverStream<Result<Connection, Infallible>>;

/// Starts to accept connections. Dropping the returned stream stops this and removes the socket.
pub(super) fn clients(
    listener: Listener,
    tls: Option<TlsAcceptor>,
    life: Lifecycle,
) -> ConnectionStream {
    let (ready, clients) = mpsc::channel(1);
    tokio::spawn(async move {
        tokio::select! {
            () = accept(&listener, tls, &life, &ready) => {}
            () = ready.closed() => {}
        }
    });
    ReceiverStream::new(clients)
}

type Ready = mpsc::Sender<Result<Connection, Infallible>>;

async fn accept(listener: &Listener, tls: Option<TlsAcceptor>, life: &Lifecycle, ready: &Ready) {
    let places = Arc::new(Semaphore::new(PENDING));
    // Acquiring fails only if the semaphore is closed, which never happens.
    while let Ok(place) = Arc::clone(&places).acquire_owned().await {
        let stream = match listener.accept().await {
            Ok(stream) => stream,
            Err(error) => {
                tracing::warn!(%error, "refused a connection");
                sleep(PAUSE).await;
                continue;
            }
        };
        let (tls, life, ready) = (tls.clone(), life.clone(), ready.clone());
        tokio::spawn(async move {
            if let Some(client) = accept_connection(stream, tls, &life).await {
                // The receiver is closed after shutdown begins. The connection is then dropped.
                drop(ready.send(Ok(client)).await);
            }
            drop(place);
        });
    }
}

async fn accept_connection(
    stream: Stream,
    tls: Option<TlsAcceptor>,
    life: &Lifecycle,
) -> Option<Connection> {
    let Some(tls) = tls else {
        return Some(Connection::plain(stream, life.connection()));
    };
    match timeout(HANDSHAKE, tls.accept(stream)).await {
        Ok(Ok(stream)) => Some(Connection::tls(stream, life.connection())),
        Ok(Err(error)) => {
            tracing::warn!(%error, "refused a client in the TLS handshake");
            None
        }
        Err(_) => {
            tracing::warn!("dropped a peer that did not finish the TLS handshake");
            None
        }
    }
}
