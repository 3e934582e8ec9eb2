//! Scripted HTTP server for tests. It sends the responses of its script, and rejects any other
//! request.

use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};

use super::{Credentials, Org, Settings, UserId};

/// Secrets that must not appear in any output.
pub(super) const CLIENT_SECRET: &str = "secret-of-the-service-account";
pub(super) const PASSWORD: &str = "pass/word of=the&admin";
pub(super) const BEARER: &str = "bearer-of-the-service-account";
pub(super) const ADMIN_BEARER: &str = "bearer-of-the-admin";

/// Path of the organization, for requests.
pub(super) const ORG: &str = "/api/v1/organizations/acme";

/// Returns the ID of user `number`.
pub(super) fn user_id(number: u32) -> UserId {
    UserId::parse(&format!("00000000-0000-4000-8000-{number:012}")).unwrap()
}

/// Returns a user in the format of the user list.
pub(super) fn listed(number: u32) -> Value {
    let (id, email) = (user_id(number), format!("User{number}@Example.com"));
    json!({"id": id, "email": email, "role": "member", "subscriptions": []})
}

/// Expected request and its response.
pub(super) struct Exchange {
    request: String,
    response: Vec<u8>,
    hold: Option<oneshot::Receiver<()>>,
}

/// Expects `METHOD path?query`. The path is below the path of the organization if it starts with
/// `./`.
pub(super) fn on(request: &str, status: u16, body: &Value) -> Exchange {
    let body = if body.is_null() { String::new() } else { body.to_string() };
    on_raw(request, status, "content-type: application/json\r\n", body.as_bytes())
}

/// As [`on`], with headers (each ending in `\r\n`) and any body.
pub(super) fn on_raw(request: &str, status: u16, headers: &str, body: &[u8]) -> Exchange {
    let length = body.len();
    let head = format!(
        "HTTP/1.1 {status} Text\r\n{headers}content-length: {length}\r\nconnection: close\r\n\r\n"
    );
    Exchange {
        request: request.replace("./", &format!("{ORG}/")),
        response: [head.as_bytes(), body].concat(),
        hold: None,
    }
}

/// Expects an authentication of the service account.
pub(super) fn sign_in(bearer: &str, expires_in: u64) -> Exchange {
    let answer = json!({"access_token": bearer, "token_type": "Bearer", "expires_in": expires_in});
    on("POST /api/iam/token", 200, &answer)
}

impl Exchange {
    /// Sends only part of the response, or nothing, and closes the connection.
    pub(super) fn cut_to(mut self, bytes: usize) -> Self {
        self.response.truncate(bytes);
        self
    }

    /// Sends the response when the sender sends or is dropped.
    pub(super) fn held(mut self) -> (Self, oneshot::Sender<()>) {
        let (release, hold) = oneshot::channel();
        self.hold = Some(hold);
        (self, release)
    }
}

/// Received request.
#[derive(Clone, Debug)]
pub(super) struct Seen {
    /// `METHOD path?query`
    pub(super) line: String,
    pub(super) authorization: Option<String>,
    /// All headers as `name: value`, with lowercase names.
    pub(super) headers: Vec<String>,
    pub(super) body: String,
}

#[derive(Default)]
struct Script {
    expected: Vec<Exchange>,
    seen: Vec<Seen>,
    unexpected: Vec<String>,
}

/// Scripted server. When it is dropped, it checks that its whole script was used and no other
/// request was received.
pub(super) struct Server {
    address: String,
    script: Arc<Mutex<Script>>,
    count: watch::Receiver<usize>,
}

impl Server {
    /// Starts a server on a free port. Requests can arrive in any order, but equal requests receive
    /// the responses in the order of the script.
    pub(super) async fn start(script: impl IntoIterator<Item = Exchange>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let expected = script.into_iter().collect();
        let script = Arc::new(Mutex::new(Script { expected, ..Script::default() }));
        let (arrived, count) = watch::channel(0);
        let (shared, arrived) = (Arc::clone(&script), Arc::new(arrived));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shared), Arc::clone(&arrived)));
            }
        });
        Self { address, script, count }
    }

    /// Starts a server with an authentication of the service account before the rest of the script.
    pub(super) async fn signed_in(script: impl IntoIterator<Item = Exchange>) -> Self {
        Self::start(std::iter::once(sign_in(BEARER, 900)).chain(script)).await
    }

    /// Returns a client of this server with two retries and almost no delay.
    pub(super) fn org(&self) -> Org {
        org(self.settings())
    }

    /// Returns the settings of [`Server::org`].
    pub(super) fn settings(&self) -> Settings {
        settings(&format!("http://{}", self.address))
    }

    /// Returns all requests received so far.
    pub(super) fn seen(&self) -> Vec<Seen> {
        self.lock().seen.clone()
    }

    /// Waits until this number of requests was received.
    pub(super) async fn wait_for(&self, requests: usize) {
        self.count.clone().wait_for(|count| *count >= requests).await.unwrap();
    }

    fn lock(&self) -> MutexGuard<'_, Script> {
        self.script.lock().unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            let script = self.lock();
            let unused: Vec<_> = script.expected.iter().map(|it| &it.request).collect();
            assert!(script.unexpected.is_empty(), "came unexpected: {:?}", script.unexpected);
            assert!(unused.is_empty(), "never came: {unused:?}");
        }
    }
}

async fn serve(stream: TcpStream, script: Arc<Mutex<Script>>, arrived: Arc<watch::Sender<usize>>) {
    let mut stream = BufReader::new(stream);
    let Some(seen) = receive(&mut stream).await else { return };
    let exchange = {
        let mut script = script.lock().unwrap();
        let known = script.expected.iter().position(|it| it.request == seen.line);
        if known.is_none() {
            script.unexpected.push(seen.line.clone());
        }
        let text = format!("{} was not expected", seen.line);
        script.seen.push(seen);
        known.map_or_else(|| on_raw("", 500, "", text.as_bytes()), |at| script.expected.remove(at))
    };
    arrived.send_modify(|count| *count += 1);
    if let Some(hold) = exchange.hold {
        let _ = hold.await;
    }
    let _ = stream.get_mut().write_all(&exchange.response).await;
    let _ = stream.get_mut().shutdown().await;
}

async fn receive(stream: &mut BufReader<TcpStream>) -> Option<Seen> {
    let (mut first, mut length, mut authorization) = (String::new(), 0, None);
    let mut headers = Vec::new();
    stream.read_line(&mut first).await.ok()?;
    loop {
        let mut line = String::new();
        stream.read_line(&mut line).await.ok()?;
        if let Some((name, value)) = line.trim_end().split_once(": ") {
            headers.push(format!("{}: {value}", name.to_ascii_lowercase()));
        }
        match line.trim_end().split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().ok()?;
            }
            Some((name, value)) if name.eq_ignore_ascii_case("authorization") => {
                authorization = Some(value.to_owned());
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    let line = first.trim_end().strip_suffix(" HTTP/1.1")?.to_owned();
    Some(Seen { line, authorization, headers, body: String::from_utf8(body).ok()? })
}

/// Returns settings with all required values.
pub(super) fn settings(base_url: &str) -> Settings {
    let pair = |id: &str, secret: &str| Credentials::Secret {
        id: id.into(),
        secret: secret.to_owned().into(),
    };
    Settings {
        base_url: base_url.parse().unwrap(),
        api_path: "/api/v1".into(),
        token_path: "/api/iam/token".into(),
        organization: Ok("acme".parse().unwrap()),
        service_account: Ok(pair("robot", CLIENT_SECRET)),
        admin: Ok(pair("ada@example.com", PASSWORD)),
        max_retries: 2,
        request_timeout: Duration::from_secs(20),
        max_concurrent_requests: 16,
        proxy_url: None,
        ca_cert_pem: None,
        identity: None,
        extra_headers: Vec::new(),
        user_agent: "test".into(),
    }
}

/// Returns a client with negligible delays.
pub(super) fn org(settings: Settings) -> Org {
    let mut org = Org::new(settings).unwrap();
    Arc::get_mut(&mut org.inner).unwrap().pace.first = Duration::from_millis(1);
    org
}
