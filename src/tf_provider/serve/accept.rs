//! Lets clients in.
//!
//! Each new peer gets a task of its own, so one that connects and says nothing, or fails the TLS
//! handshake, is nobody else's trouble.

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

/// How long a peer may take for the TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// How many peers may be in the TLS handshake at once; more wait in the socket's queue.
const PENDING: usize = 64;
/// The pause after a failed accept, which mostly means that we are out of file descriptors.
const PAUSE: Duration = Duration::from_millis(50);

/// The clients that may speak, as they come. It never fails and ends only with the process.
pub(super) type ConnectionStream = ReceiverStream<Result<Connection, Infallible>>;

/// Begins to accept. Dropping the answer ends that and removes the socket.
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
    // Acquiring fails only if somebody closed the semaphore, and nobody does.
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
                // Nobody receives once the end has begun; then the connection is dropped.
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
