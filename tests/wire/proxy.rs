//! Proxy in front of a sandbox. It forwards requests and injects faults.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// Handling of a request.
#[derive(Clone, Debug)]
pub(crate) enum Fault {
    /// Forwards the request.
    Pass,
    /// Forwards the request after [`FaultProxy::release`] is called.
    Hold,
    /// Responds with this status and these header lines. Does not forward the request.
    Answer(u16, &'static str),
    /// Responds with this status and this document. Does not forward the request.
    Replace(u16, &'static str),
    /// Forwards the request, but closes the connection before the response.
    LoseAnswer,
    /// Forwards the request. Responds with the correct status and an incomplete document.
    Garble,
    /// Closes the connection. Does not forward the request.
    LoseRequest,
}

const JSON: &str = "content-type: application/json\r\n";

/// Pattern of a request line, such as `POST *users`, and its faults. The last matching rule
/// applies.
type Rule = (String, VecDeque<Fault>);

/// Running proxy. It stops with the runtime of the test.
#[derive(Debug)]
pub(crate) struct FaultProxy {
    address: std::net::SocketAddr,
    shared: Arc<Shared>,
    seen: watch::Receiver<Vec<String>>,
}

#[derive(Debug)]
struct Shared {
    target: String,
    client: reqwest::Client,
    rules: Mutex<Vec<Rule>>,
    held: watch::Sender<bool>,
    seen: watch::Sender<Vec<String>>,
}

impl FaultProxy {
    pub(crate) async fn start(target: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10));
        let (sender, seen) = watch::channel(Vec::new());
        let shared = Arc::new(Shared {
            target: target.to_owned(),
            client: client.build().unwrap(),
            rules: Mutex::default(),
            held: watch::Sender::new(true),
            seen: sender,
        });
        let address = listener.local_addr().unwrap();
        let serving = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(Arc::clone(&serving).serve(stream));
            }
        });
        Self { address, shared, seen }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Injects faults, in this order, into requests whose line matches the pattern. The last fault
    /// applies to all further requests.
    pub(crate) fn inject(&self, line: &str, faults: impl IntoIterator<Item = Fault>) {
        self.shared.rules.lock().unwrap().push((line.to_owned(), faults.into_iter().collect()));
    }

    /// Removes all faults.
    pub(crate) fn clear_faults(&self) {
        self.shared.rules.lock().unwrap().clear();
    }

    /// Forwards all held requests, and those that would be held later.
    pub(crate) fn release(&self) {
        self.shared.held.send_replace(false);
    }

    /// Returns the request lines so far.
    pub(crate) fn requests(&self) -> Vec<String> {
        self.seen.borrow().clone()
    }

    /// Waits for a request whose line matches the pattern.
    pub(crate) async fn wait_for(&mut self, line: &str) {
        self.wait_for_count(line, 1).await;
    }

    /// Waits for `count` of these requests.
    pub(crate) async fn wait_for_count(&mut self, line: &str, count: usize) {
        let came = self
            .seen
            .wait_for(|seen| seen.iter().filter(|one| matches(line, one)).count() >= count);
        tokio::time::timeout(Duration::from_secs(20), came).await.expect(line).unwrap();
    }
}

/// Returns whether a line matches a pattern. For example, `POST */seats` matches
/// `POST /api/v1/organizations/o/users/u/seats`.
fn matches(rule: &str, line: &str) -> bool {
    match rule.split_once('*') {
        Some((begin, end)) => line.starts_with(begin) && line.ends_with(end),
        None => line == rule,
    }
}

impl Shared {
    fn next_fault(&self, line: &str) -> Fault {
        let mut rules = self.rules.lock().unwrap();
        let Some((_, faults)) = rules.iter_mut().rev().find(|(rule, _)| matches(rule, line)) else {
            return Fault::Pass;
        };
        if faults.len() > 1 { faults.pop_front().unwrap() } else { faults[0].clone() }
    }

    /// Handles one request per connection: reads it, responds, and closes the connection.
    async fn serve(self: Arc<Self>, mut stream: TcpStream) {
        let Some((head, body)) = request(&mut stream).await else { return };
        let mut lines = head.lines();
        let mut first = lines.next().unwrap().split(' ');
        let (method, target) = (first.next().unwrap(), first.next().unwrap());
        let line = format!("{method} {}", target.split('?').next().unwrap());
        let fault = self.next_fault(&line);
        self.seen.send_modify(|seen| seen.push(line));
        if let Fault::Answer(status, headers) = fault {
            let body = r#"{"error":{"code":"spoiled","message":"injected by the proxy"}}"#;
            return answer(&mut stream, status, headers, body).await;
        }
        if let Fault::Replace(status, body) = fault {
            return answer(&mut stream, status, JSON, body).await;
        }
        if matches!(fault, Fault::LoseRequest) {
            return;
        }
        if matches!(fault, Fault::Hold) {
            self.held.subscribe().wait_for(|held| !held).await.unwrap();
        }
        let url = format!("{}{target}", self.target);
        let mut passed = self.client.request(method.parse().unwrap(), url).body(body);
        for (name, value) in lines.filter_map(|line| line.split_once(": ")) {
            if ["authorization", "content-type"].contains(&name.to_ascii_lowercase().as_str()) {
                passed = passed.header(name, value);
            }
        }
        let answered = passed.send().await.unwrap();
        let status = answered.status().as_u16();
        let mut body = answered.text().await.unwrap();
        if matches!(fault, Fault::Garble) {
            body = r#"{"garbled": "#.to_owned();
        }
        if !matches!(fault, Fault::LoseAnswer) {
            answer(&mut stream, status, JSON, &body).await;
        }
    }
}

async fn request(stream: &mut TcpStream) -> Option<(String, Vec<u8>)> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await.ok()?);
    }
    let head = String::from_utf8(head).unwrap();
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(": ")?;
        name.eq_ignore_ascii_case("content-length").then(|| value.parse().unwrap())
    });
    let mut body = vec![0; length.unwrap_or(0)];
    stream.read_exact(&mut body).await.ok()?;
    Some((head, body))
}

async fn answer(stream: &mut TcpStream, status: u16, headers: &str, body: &str) {
    let length =
        if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    let text = format!("HTTP/1.1 {status} X\r\n{length}{headers}connection: close\r\n\r\n{body}");
    // The plugin might have closed the connection.
    let _ = stream.write_all(text.as_bytes()).await;
}
