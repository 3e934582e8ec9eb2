//! Fuzz tests of the sandbox. It receives requests from programs in development, so it must handle
//! all of them.

use std::panic::AssertUnwindSafe;

use terraform_provider_anaconda::sandbox::{Options, Sandbox};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::runtime::Builder;

/// Endpoints that read bodies and queries.
const PLACES: [(&str, &str); 8] = [
    ("POST", "/api/iam/token"),
    ("POST", "/api/v1/organizations/{org}/users"),
    ("GET", "/api/v1/organizations/{org}/users"),
    ("POST", "/api/v1/organizations/{org}/users/onboard"),
    ("POST", "/api/v1/organizations/{org}/service-accounts"),
    ("POST", "/api/v1/organizations/{org}/users/0f1e2d3c-4b5a-4697-8877-665544332211/tokens"),
    ("POST", "/_sandbox/users"),
    ("PATCH", "/_sandbox/settings"),
];

/// Sends a request. Returns the status of the response.
async fn send(address: &str, head: &str, body: &[u8]) -> u16 {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let head = format!("{head}content-length: {length}\r\nconnection: close\r\n\r\n");
    // The sandbox might respond and close the connection before it has read everything.
    drop(stream.write_all(&[head.as_bytes(), body].concat()).await);
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer).await);
    let answer = String::from_utf8_lossy(&answer);
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status.unwrap_or_else(|| panic!("no answer: {answer:?}")).parse().unwrap()
}

#[test]
fn every_request_gets_response_without_sandbox_failure() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let options = Options::default();
    let (org, id, secret) =
        (options.organization.clone(), options.client_id.clone(), options.client_secret.clone());
    let sandbox = runtime.block_on(Sandbox::start(options)).unwrap();
    let address = sandbox.url().trim_start_matches("http://").to_owned();
    let bearer = runtime.block_on(async {
        let form =
            [("grant_type", "client_credentials"), ("client_id", &id), ("client_secret", &secret)];
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let url = format!("{}/api/iam/token", sandbox.url());
        let answer = client.post(url).form(&form).send().await.unwrap().text().await.unwrap();
        let answer: serde_json::Value = serde_json::from_str(&answer).unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    });
    let runtime = AssertUnwindSafe(runtime);
    bolero::check!().with_iterations(500).for_each(|input: &[u8]| {
        let Some((choice, body)) = input.split_first() else { return };
        let (method, path) = PLACES[usize::from(*choice) % PLACES.len()];
        let path = path.replace("{org}", &org);
        let (form, json) = ("application/x-www-form-urlencoded", "application/json");
        let kind = if path.ends_with("token") { form } else { json };
        // Send the same bytes as a query, without those that a request line cannot contain.
        let query: String = body
            .iter()
            .filter(|byte| byte.is_ascii_graphic() && !b"#\"<>\\^`{|}".contains(byte))
            .map(|byte| char::from(*byte))
            .collect();
        (*runtime).block_on(async {
            for (path, body) in [(path.clone(), body), (format!("{path}?{query}"), &[][..])] {
                let head = format!(
                    "{method} {path} HTTP/1.1\r\nhost: x\r\ncontent-type: {kind}\r\n\
                     authorization: Bearer {bearer}\r\n"
                );
                let status = send(&address, &head, body).await;
                assert!(status < 500, "{method} {path} of {body:?}: {status}");
            }
        });
    });
}
