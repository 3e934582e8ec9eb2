//! The page at the root. How it looks in a browser is tested with the built sandbox.

use serde_json::{Value, json};

use super::Bench;

#[tokio::test]
async fn page_is_self_contained_and_not_recorded() {
    let bench = Bench::new().await;
    bench.own("DELETE", "requests", Value::Null).await;
    let page = bench.send(("GET", "/"), None, None).await;
    assert_eq!(page.status, 200);
    assert!(page.text.contains("<title>Anaconda sandbox</title>"));
    assert!(!page.text.contains("http"), "nothing is fetched from elsewhere");
    assert_eq!(bench.own("GET", "requests", Value::Null).await.json, json!([]));
}

#[tokio::test]
async fn request_list_can_start_at_newest() {
    let bench = Bench::new().await;
    for _ in 0..3 {
        bench.api("GET", "users", Value::Null).await;
    }
    let last = bench.own("GET", "requests?last=2", Value::Null).await.json;
    let numbers: Vec<_> = last.as_array().unwrap().iter().map(|it| it["n"].clone()).collect();
    let all = bench.own("GET", "requests", Value::Null).await.json;
    let all: Vec<_> = all.as_array().unwrap().iter().map(|it| it["n"].clone()).collect();
    assert_eq!(numbers, all[all.len() - 2..]);
    let bad = bench.own("GET", "requests?last=some", Value::Null).await;
    assert_eq!(bad.problems(), ["query.last"]);
}
