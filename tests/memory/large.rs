//! Server with one organization of any size. It generates the list response while it sends it.

use std::fmt::Write as _;

use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Number of users per write.
const AT_ONCE: usize = 50;

/// Starts the server and returns its URL. The server runs as long as the runtime.
pub(crate) async fn start(users: usize) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(BufReader::new(stream), users));
        }
    });
    url
}

/// Serves one connection: an access token for each POST, the user list for each GET.
async fn serve(mut stream: BufReader<TcpStream>, users: usize) -> Option<()> {
    loop {
        let (mut first, mut length) = (String::new(), 0);
        if stream.read_line(&mut first).await.ok()? == 0 {
            return None;
        }
        loop {
            let mut line = String::new();
            stream.read_line(&mut line).await.ok()?;
            let line = line.trim_end().to_ascii_lowercase();
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().ok()?;
            }
            if line.is_empty() {
                break;
            }
        }
        stream.read_exact(&mut vec![0; length]).await.ok()?;
        if first.starts_with("POST") {
            let body = r#"{"access_token":"bearer","token_type":"Bearer","expires_in":900}"#;
            let head = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n", body.len());
            stream.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
        } else {
            list(stream.get_mut(), users).await?;
        }
    }
}

async fn list(stream: &mut TcpStream, users: usize) -> Option<()> {
    stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.ok()?;
    let mut text = String::from(r#"{"items":["#);
    for number in 0..users {
        if number > 0 {
            text.push(',');
        }
        text.push_str(&user(number));
        if number % AT_ONCE == 0 {
            send(stream, &mut text).await?;
        }
    }
    text.push_str("]}");
    send(stream, &mut text).await?;
    stream.write_all(b"0\r\n\r\n").await.ok()
}

async fn send(stream: &mut TcpStream, text: &mut String) -> Option<()> {
    stream.write_all(format!("{:x}\r\n{text}\r\n", text.len()).as_bytes()).await.ok()?;
    text.clear();
    Some(())
}

/// Returns a user in the form of the list response.
pub(crate) fn user(number: usize) -> String {
    let mut text = String::new();
    write!(
        text,
        r#"{{"id":"00000000-0000-4000-8000-{number:012}","email":"First.Last{number}@example.com","first_name":"First{number}","last_name":"Last{number}","role":"member","subscriptions":["commercial_subscription"],"groups":null}}"#
    )
    .unwrap();
    text
}
