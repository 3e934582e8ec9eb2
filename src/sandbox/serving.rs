//! Connections: accepts them, serves HTTP/1 and HTTP/2, and closes them for faults.
//!
//! Every request has the [`ConnectionHandle`] of its connection. With it, a fault closes or resets the
//! connection, or makes the sandbox refuse all connections for some time.

use std::io;
use std::net::SocketAddr;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use hyper::body::Incoming;
use hyper::service::{Service as _, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

/// How long requests under way get to finish when the sandbox stops.
const PATIENCE: Duration = Duration::from_secs(2);

/// How long to wait when no connection can be accepted, or the port is not free again yet.
const PAUSE: Duration = Duration::from_millis(20);

/// The connection of a request.
#[derive(Clone, Debug)]
pub(crate) struct ConnectionHandle {
    cut: CancellationToken,
    reset: Arc<AtomicBool>,
    refuse: mpsc::UnboundedSender<Duration>,
}

impl ConnectionHandle {
    /// Resets the connection (RST): the peer loses even what was sent already.
    pub(crate) fn reset(&self) {
        self.reset.store(true, Ordering::Relaxed);
        self.cut.cancel();
    }

    /// Closes the connection (FIN): the peer reads what was sent, then the end.
    pub(crate) fn close(&self) {
        self.cut.cancel();
    }

    /// Closes every connection, and refuses new ones for so long.
    pub(crate) fn refuse(&self, time: Duration) {
        // Without a server there is nobody left to be refused.
        let _ = self.refuse.send(time);
    }
}

/// Serves until `running` is gone, then lets requests under way finish.
pub(crate) async fn serve(
    mut listener: TcpListener,
    router: Router,
    mut running: oneshot::Receiver<()>,
) -> io::Result<()> {
    let address = listener.local_addr()?;
    let (refuse, mut refusals) = mpsc::unbounded_channel();
    let mut connections = JoinSet::new();
    let stopping = CancellationToken::new();
    let mut all = CancellationToken::new();
    loop {
        tokio::select! {
            biased;
            _ = &mut running => break,
            Some(time) = refusals.recv() => {
                drop(listener);
                all.cancel();
                all = CancellationToken::new();
                let refusing = refuse_for(address, time, &mut refusals);
                tokio::select! {
                    _ = &mut running => return Ok(()),
                    opened = refusing => listener = opened?,
                }
            }
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    let line = ConnectionHandle {
                        cut: all.child_token(),
                        reset: Arc::default(),
                        refuse: refuse.clone(),
                    };
                    connections.spawn(serve_connection(stream, router.clone(), line, stopping.clone()));
                }
                // The peer has gone, or there are no more files: neither is the end.
                Err(_) => sleep(PAUSE).await,
            },
        }
    }
    drop(listener);
    stopping.cancel();
    let finish = async { while connections.join_next().await.is_some() {} };
    // What is left after that ends as the set is dropped.
    let _ = timeout(PATIENCE, finish).await;
    Ok(())
}

/// Takes no connections on this address for so long, then listens again. The port stays taken by a
/// socket that is bound and does not listen, so that nobody else gets it meanwhile.
async fn refuse_for(
    address: SocketAddr,
    time: Duration,
    further: &mut mpsc::UnboundedReceiver<Duration>,
) -> io::Result<TcpListener> {
    let mut end = Instant::now() + time;
    let mut held = None;
    loop {
        if held.is_none() {
            held = bind(address).ok();
        }
        let wake = if held.is_some() { end } else { end.min(Instant::now() + PAUSE) };
        tokio::select! {
            // Requests that came at the same time.
            Some(time) = further.recv() => end = end.max(Instant::now() + time),
            () = sleep_until(wake) => {}
        }
        if Instant::now() < end {
            continue;
        }
        match held.take() {
            Some(socket) => return socket.listen(1024),
            None => sleep(PAUSE).await,
        }
    }
}

fn bind(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // On Windows this would let others listen on the same port.
    #[cfg(unix)]
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}

/// One connection, from its first byte to its last.
async fn serve_connection(
    stream: TcpStream,
    router: Router,
    line: ConnectionHandle,
    stopping: CancellationToken,
) {
    let router = TowerToHyperService::new(router);
    let cut = line.cut.clone();
    let wire = Wire { stream, reset: line.reset.clone() };
    let service = service_fn(move |mut request: hyper::Request<Incoming>| {
        request.extensions_mut().insert(line.clone());
        router.call(request)
    });
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(TokioIo::new(wire), service));
    let mut told = false;
    loop {
        tokio::select! {
            biased;
            () = cut.cancelled() => return,
            // That a peer went away is none of the sandbox's business.
            _ = connection.as_mut() => return,
            () = stopping.cancelled(), if !told => {
                told = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}

/// A socket that, when dropped, is closed as its line says.
#[derive(Debug)]
struct Wire {
    stream: TcpStream,
    reset: Arc<AtomicBool>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            // Without it the connection is closed, which is still a cut.
            let _ = self.stream.set_zero_linger();
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
