//! Faults of the answer.

use std::time::{Duration, Instant};

use jiff::fmt::rfc2822;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Bench;
use super::raw::Raw;

#[tokio::test]
async fn slow_body_arrives_completely_over_time() {
    let bench = Bench::new().await;
    let fault = json!({"kind": "slow", "bytes_per_second": 400});
    bench.rule(json!({"operation": "add_user", "fault": fault})).await;
    let start = Instant::now();
    let answer = bench.api("POST", "users", json!({"email": "ada@x.org"})).await;
    assert_eq!((answer.status, &answer.json["email"]), (200, &json!("ada@x.org")));
    // 100 bytes and more, in pieces of 40, with a pause after each but the last.
    assert!(start.elapsed() >= Duration::from_millis(200), "{:?}", start.elapsed());
    assert_eq!(bench.newest().await, (json!(200), json!("slow")));
}

#[tokio::test]
async fn list_omits_configured_object_once() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    bench.user("grace@x.org").await;
    let lie = |item: Value| json!({"operation": "list_users", "fault": item});
    bench.rule(lie(json!({"kind": "omit", "item": ada}))).await;
    bench.rule(lie(json!({"kind": "omit"}))).await;
    let mut counts = Vec::new();
    for _ in 0..3 {
        let answer = bench.api("GET", "users", Value::Null).await;
        let items = answer.json["items"].as_array().unwrap();
        counts.push((items.len(), items.iter().any(|item| item["id"] == json!(ada))));
    }
    assert_eq!((counts[0], counts[1].0, counts[2]), ((2, false), 2, (3, true)));
}

#[tokio::test]
async fn error_has_configured_format_code_and_text() {
    let bench = Bench::new().await;
    for (body, shown) in [
        ("api", json!({"error": {"code": "last_admin", "message": "no"}})),
        ("detail", json!({"detail": "no"})),
        ("message", json!({"message": "no"})),
        ("bare", json!({"error": "no"})),
        ("nested", json!({"error": {"detail": "no"}})),
        ("unserved", json!({"detail": "Not Found"})),
    ] {
        let fault = json!({
            "kind": "status", "status": 404, "body": body, "code": "last_admin", "message": "no",
        });
        bench.rule(json!({"operation": "list_users", "fault": fault})).await;
        let answer = bench.api("GET", "users", Value::Null).await;
        assert_eq!((answer.status, &answer.json), (404, &shown), "{body}");
    }
}

#[tokio::test]
async fn truncated_body_is_shorter_than_content_length() {
    let bench = Bench::new().await;
    let fault = json!({"kind": "truncate", "at": 10});
    bench.rule(json!({"operation": "add_user", "fault": fault})).await;
    let answer = Raw::ask(&bench, &bench.adding("ada@x.org")).await;
    let (head, body) = answer.parts();
    assert_eq!(body.len(), 10, "{head}");
    let told = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
    assert!(told.parse::<usize>().unwrap() > 10, "{told}");
    assert!(answer.end.is_ok(), "it is closed, not reset: {:?}", answer.end);
    assert_eq!(bench.added().await, 1);
}

#[tokio::test]
async fn truncated_chunked_body_lacks_last_chunk() {
    let bench = Bench::new().await;
    let fault = json!({"kind": "truncate", "chunked": true});
    bench.rule(json!({"operation": "add_user", "fault": fault})).await;
    let answer = Raw::ask(&bench, &bench.adding("ada@x.org")).await;
    let (head, body) = answer.parts();
    assert!(head.contains("transfer-encoding: chunked"), "{head}");
    assert!(!body.is_empty() && !body.ends_with(b"0\r\n\r\n"));
    assert_eq!(bench.added().await, 1);
}

#[tokio::test]
async fn empty_response_is_truncated_too() {
    let bench = Bench::new().await;
    let ada = bench.user("ada@x.org").await;
    bench.rule(json!({"operation": "remove_user", "fault": {"kind": "truncate"}})).await;
    let request = format!(
        "DELETE /api/v1/organizations/sandbox/users/{ada} HTTP/1.1\r\nhost: sandbox\r\n\
         authorization: Bearer {}\r\n\r\n",
        bench.account
    );
    let answer = Raw::ask(&bench, request.as_bytes()).await;
    let (head, body) = answer.parts();
    assert!(head.starts_with("http/1.1 200") && head.contains("content-length: 1"), "{head}");
    assert!(body.is_empty());
    assert_eq!(bench.added().await, 0);
}

#[tokio::test]
async fn replaced_responses_process_request_as_configured() {
    let status = |more: Value| {
        let mut fault = json!({"kind": "status", "status": 503});
        fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        fault
    };
    let page = "text/html; charset=utf-8";
    let text = "text/plain; charset=utf-8";
    let json_ = "application/json";
    for (fault, added, code, content_type) in [
        (json!({"kind": "garbage"}), 1, 200, json_),
        (json!({"kind": "garbage", "carried_out": false}), 0, 200, json_),
        (json!({"kind": "html"}), 0, 200, page),
        (json!({"kind": "html", "status": 502, "carried_out": true}), 1, 502, page),
        (json!({"kind": "wrong_type"}), 1, 200, text),
        (status(json!({})), 0, 503, json_),
        (status(json!({"carried_out": true})), 1, 503, json_),
        (status(json!({"body": "validation", "status": 422})), 0, 422, json_),
        (status(json!({"body": "oauth"})), 0, 503, json_),
        (status(json!({"body": "html"})), 0, 503, page),
        (status(json!({"body": "text"})), 0, 503, text),
        (status(json!({"body": "empty"})), 0, 503, ""),
    ] {
        let bench = Bench::new().await;
        bench.rule(json!({"operation": "add_user", "fault": fault})).await;
        let answer = Raw::ask_once(&bench, &bench.adding("ada@x.org")).await;
        let (head, body) = answer.parts();
        assert!(head.starts_with(&format!("http/1.1 {code}")), "{fault}: {head}");
        let told = head.lines().find_map(|line| line.strip_prefix("content-type: "));
        assert_eq!(told.unwrap_or_default(), content_type, "{fault}: {head}");
        let json = serde_json::from_slice::<Value>(body).unwrap_or_default();
        match fault["body"].as_str().or(fault["kind"].as_str()).unwrap() {
            "garbage" => assert!(body.len() == 64 && std::str::from_utf8(body).is_err()),
            "wrong_type" => assert_eq!(json["email"], "ada@x.org"),
            "status" => assert!(json["error"]["message"].is_string(), "{json}"),
            "validation" => assert!(json["detail"][0]["msg"].is_string(), "{json}"),
            "oauth" => assert_eq!(json["error"], "temporarily_unavailable"),
            "empty" => assert!(body.is_empty()),
            _ => assert!(json.is_null() && !body.is_empty()),
        }
        assert_eq!(bench.added().await, added, "{fault}");
        assert_eq!(bench.newest().await, (json!(code), fault["kind"].clone()));
    }
}

#[tokio::test]
async fn retry_after_fault_sends_any_value() {
    let bench = Bench::new().await;
    bench.settings(json!({"clock_offset_seconds": -86400})).await;
    let mut seen = Vec::new();
    for retry_after in [json!(7), json!("soon"), json!("date:-60")] {
        let fault = json!({"kind": "status", "status": 429, "retry_after": retry_after});
        bench.rule(json!({"operation": "add_user", "fault": fault})).await;
        let answer = Raw::ask_once(&bench, &bench.adding("ada@x.org")).await;
        let (head, _) = answer.parts();
        let value = head.lines().find_map(|line| line.strip_prefix("retry-after: "));
        seen.push(value.unwrap().to_owned());
    }
    assert_eq!(seen[..2], ["7", "soon"]);
    let date = rfc2822::DateTimeParser::new().parse_timestamp(&seen[2]).unwrap();
    let ago = Timestamp::now().duration_since(date) - SignedDuration::from_secs(86400);
    assert!((60..120).contains(&ago.as_secs()), "{date}");
}

#[tokio::test]
async fn expired_access_tokens_return_401() {
    let bench = Bench::new().await;
    bench.rule(json!({"operation": "add_user", "fault": {"kind": "expire_bearers"}})).await;
    assert_eq!(bench.api("POST", "users", json!({"email": "ada@x.org"})).await.status, 401);
    assert_eq!(bench.api("GET", "service-accounts", Value::Null).await.status, 401);
    assert_eq!(bench.added().await, 0);
    assert_eq!(bench.counts().await, [(1, 1)]);
}
