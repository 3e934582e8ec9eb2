//! A client that sees bytes.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::Bench;

/// Longer than any answer takes.
const LONG: Duration = Duration::from_secs(20);

/// A connection.
pub(super) struct Raw(pub(super) TcpStream);

/// What came until the end, and what the end was.
pub(super) struct Heard {
    pub(super) text: Vec<u8>,
    pub(super) end: io::Result<()>,
}

impl Raw {
    pub(super) async fn to(bench: &Bench) -> Self {
        let url = bench.sandbox.url();
        Self(TcpStream::connect(url.strip_prefix("http://").unwrap()).await.unwrap())
    }

    pub(super) async fn send(&mut self, bytes: &[u8]) {
        self.0.write_all(bytes).await.unwrap();
    }

    /// Reads until the connection ends.
    pub(super) async fn hear(&mut self) -> Heard {
        let mut text = Vec::new();
        let end = timeout(LONG, self.0.read_to_end(&mut text)).await.expect("it does not end");
        Heard { text, end: end.map(drop) }
    }

    /// Sends a request and reads until the connection ends.
    pub(super) async fn ask(bench: &Bench, request: &[u8]) -> Heard {
        let mut raw = Self::to(bench).await;
        raw.send(request).await;
        raw.hear().await
    }

    /// Sends a request as the last one on its connection, and reads until that ends.
    pub(super) async fn ask_once(bench: &Bench, request: &[u8]) -> Heard {
        let request = String::from_utf8(request.to_vec()).unwrap();
        let request = request.replacen("\r\n", "\r\nconnection: close\r\n", 1);
        Self::ask(bench, request.as_bytes()).await
    }
}

impl Heard {
    /// Whether the connection was reset.
    pub(super) fn is_reset(&self) -> bool {
        matches!(&self.end, Err(error) if error.kind() == io::ErrorKind::ConnectionReset)
    }

    /// Head and body.
    pub(super) fn parts(&self) -> (String, &[u8]) {
        let end = self.text.windows(4).position(|four| four == b"\r\n\r\n").expect("no head");
        let head = String::from_utf8(self.text[..end].to_vec()).unwrap().to_lowercase();
        (head, &self.text[end + 4..])
    }
}
