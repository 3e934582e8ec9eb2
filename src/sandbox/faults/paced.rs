//! Bodies that come slowly, or not to their end.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::future::Future as _;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Body, Bytes};
use tokio::time::{Sleep, sleep};
use tokio_stream::Stream;

use crate::sandbox::serving::ConnectionHandle;

/// How long after the last byte a connection is cut: long enough for it to have left.
const LEAVE: Duration = Duration::from_millis(20);

/// Pieces of a slow body per second, at most.
const PIECES: u32 = 10;

/// A body that comes so fast.
pub(super) fn slow(bytes: &Bytes, bytes_per_second: u32) -> Body {
    let rate = bytes_per_second.max(1);
    let piece = (rate / PIECES).max(1);
    let pause = Duration::from_secs(1).saturating_mul(piece) / rate;
    let size = usize::try_from(piece).unwrap_or(usize::MAX);
    let pieces = bytes.chunks(size).map(Bytes::copy_from_slice).collect();
    Body::from_stream(Paced { pieces, pause, wait: None, cut: None })
}

/// A body after which the connection is closed, whatever was promised.
pub(super) fn cut_off(bytes: Bytes, line: ConnectionHandle) -> Body {
    let pieces = if bytes.is_empty() { VecDeque::new() } else { VecDeque::from([bytes]) };
    let wait = Some(Box::pin(sleep(if pieces.is_empty() { LEAVE } else { Duration::ZERO })));
    Body::from_stream(Paced { pieces, pause: LEAVE, wait, cut: Some(line) })
}

struct Paced {
    pieces: VecDeque<Bytes>,
    /// Between two pieces, and after the last.
    pause: Duration,
    wait: Option<Pin<Box<Sleep>>>,
    /// The connection that is closed at the end; without it, the body ends as bodies do.
    cut: Option<ConnectionHandle>,
}

impl Stream for Paced {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        if let Some(wait) = &mut self.wait {
            std::task::ready!(wait.as_mut().poll(cx));
            self.wait = None;
        }
        if let Some(piece) = self.pieces.pop_front() {
            self.wait = Some(Box::pin(sleep(self.pause)));
            return Poll::Ready(Some(Ok(piece)));
        }
        match &self.cut {
            None => Poll::Ready(None),
            Some(line) => {
                line.close();
                Poll::Pending
            }
        }
    }
}
