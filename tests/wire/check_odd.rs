//! The command `check` against a server that deviates from the documentation everywhere.

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::check::check;

/// Deviations in a response that the check must report, under these names.
const TOLD: [&str; 17] = [
    "`not_before_policy` is not documented",
    "`items[].favorite_color` is not documented",
    "`items[].seat_details` is not documented",
    "`items[].groups[].parent_group` is not documented",
    "`next` is not documented",
    "`items[].last_used_at` is not documented",
    "`items[].groups[].user_count` is text",
    "`items[].expires_at` is null",
    "`items[].metadata` is list",
    "`items[].role` is `owner`, which is unknown",
    "`items[].subscriptions[]` is `platinum_subscription`, which is unknown",
    "`token_type` is `mac`, which is unknown",
    "`error.code` is `auth_demanded`, which is unknown",
    // Formats.
    "`items[].expires_at` is text: date `YYYY-MM-DD hh:mm:ss`, not an RFC 3339 timestamp",
    "`items[].expires_at` is text: date `YYYY-MM-DDThh:mm:ss.fff`, not an RFC 3339 timestamp",
    // The check only counts names and codes that might be private.
    "1 name, not documented and possibly private",
    "1 code, unknown and possibly private",
];

/// Texts that the check must not print: values, and names that might be private.
const PRIVATE: [&str; 22] = [
    "bearer-0123456789",
    "refresh-0123456789",
    "grace.hopper@navy.example",
    "grace",
    "hopper",
    "navy",
    "Amazing",
    "00000000-0000-4000-8000-0000000000",
    "turquoise",
    "cobol-team",
    "acme-rockets",
    "rockets",
    "seat-number-77",
    "2031",
    "alovelace",
    "ghopper",
    "kjohnson",
    "laptop",
    "4711",
    "the-edge-of-the-network",
    "quiet-robot",
    "hunter2hunter2",
];

fn user(number: u32) -> Value {
    json!({
        "id": format!("00000000-0000-4000-8000-{number:012}"),
        "email": "Grace.Hopper@navy.example",
        "first_name": "Amazing",
        "last_name": null,
        "role": "admin",
        "subscriptions": ["commercial_subscription"],
        "groups": null,
        "favorite_color": "turquoise",
    })
}

/// Returns the status, additional headers, and body for a request line.
fn answer(line: &str, signed_in: bool) -> (u16, &'static str, Value) {
    let edge = "x-edge: the-edge-of-the-network\r\nx-acme-rockets: 1\r\ncf-ray: 4711-FRA\r\n";
    if line.starts_with("POST ") {
        let grant = json!({
            "access_token": "bearer-0123456789", "token_type": "mac", "expires_in": "300",
            "refresh_token": "refresh-0123456789", "not_before_policy": 4711,
        });
        return (200, edge, grant);
    }
    if !signed_in {
        let body = json!({"error": {"code": "auth_demanded", "message": "Grace, sign in"}});
        return (401, edge, body);
    }
    if line.contains("/tokens") {
        let token = |number: u32, expires_at: Value| {
            json!({
                "id": format!("00000000-0000-4000-8000-1{number:011}"),
                "expires_at": expires_at,
                "metadata": {"alovelace": {"laptop": "4711"}, "source": "4711"},
                "last_used_at": "2031-01-01",
            })
        };
        let mut third = token(3, Value::Null);
        third["metadata"] = json!([]);
        let items = [
            token(1, json!("2031-01-01 00:00:00")),
            token(2, json!("2031-01-01T00:00:00.123")),
            third,
        ];
        return (200, edge, json!({"items": items}));
    }
    if line.contains("/service-accounts") {
        let account = json!({
            "name": "quiet-robot", "client_id": "4711-robot",
            "org_id": "00000000-0000-4000-8000-000000000009",
        });
        return (200, edge, json!({"items": [account]}));
    }
    let group = json!({
        "id": "g", "name": "cobol-team", "org_id": "acme-rockets", "user_count": "1",
        "created_at": "2031-01-01T00:00:00Z", "updated_at": "2031-01-01T00:00:00Z",
        "parent_group": "cobol-team",
    });
    let mut odd = user(2);
    odd["role"] = json!("owner");
    odd["subscriptions"] = json!(["platinum_subscription", "rockets_subscription"]);
    odd["groups"] = json!([group]);
    odd["seat_details"] =
        json!({"ghopper": {"number": "seat-number-77"}, "kjohnson": {"number": 1}});
    odd["grace.hopper@navy.example"] = json!(true);
    (200, edge, json!({"items": [user(1), odd], "next": null}))
}

async fn serve(stream: TcpStream) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let (mut line, mut length, mut signed_in) = (String::new(), 0, false);
    stream.read_line(&mut line).await.ok()?;
    loop {
        let mut header = String::new();
        stream.read_line(&mut header).await.ok()?;
        let header = header.trim().to_lowercase();
        signed_in |= header.starts_with("authorization:");
        match header.strip_prefix("content-length:") {
            Some(text) => length = text.trim().parse().ok()?,
            None if header.is_empty() => break,
            None => {}
        }
    }
    stream.read_exact(&mut vec![0; length]).await.ok()?;
    let (status, headers, body) = answer(&line, signed_in);
    let body = body.to_string();
    let head = format!(
        "HTTP/1.1 {status} Odd\r\ncontent-type: application/json\r\n{headers}content-length: \
         {}\r\nconnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(format!("{head}{body}").as_bytes()).await.ok()?;
    stream.shutdown().await.ok()
}

#[tokio::test]
async fn check_names_deviations_without_private_data() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream));
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("report.md");
    let variables = [
        ("ANACONDA_BASE_URL", url.as_str()),
        ("ANACONDA_ORGANIZATION_ID", "acme-rockets"),
        ("ANACONDA_CLIENT_ID", "4711-robot"),
        ("ANACONDA_CLIENT_SECRET", "hunter2hunter2"),
        ("ANACONDA_ADMIN_USERNAME", "grace.hopper@navy.example"),
        ("ANACONDA_ADMIN_PASSWORD", "hunter2hunter2-too"),
    ];
    let checked = check(&variables, &["--report", path.to_str().unwrap()]).await;
    let report = std::fs::read_to_string(&path).unwrap();
    for told in TOLD {
        assert!(report.contains(told), "{told}: {report}");
        assert!(checked.text.contains(told), "{told}: {}", checked.text);
    }
    for private in PRIVATE {
        let found = report.to_lowercase().contains(&private.to_lowercase());
        assert!(!found, "{private}: {report}");
    }
    assert!(!checked.text.contains("hunter2") && !checked.text.contains("bearer-0"));
    for written in
        ["`cf-ray`", "`x-edge`", "An access token expires after 300 seconds", "`401`: 401"]
    {
        let written = written.replace("`401`: 401", ": 401");
        assert!(report.contains(&written), "{written}: {report}");
    }
    assert!(report.contains("1 possibly private"), "{report}");
}
