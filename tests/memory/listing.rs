//! Memory usage of one list request.

use std::mem::size_of;
use std::time::{Duration, Instant};

use peak_alloc::PeakAlloc;
use terraform_provider_anaconda::client::{
    Credentials, Grant, MissingSetting, Org, Settings, User,
};

use crate::large;

#[global_allocator]
static COUNTED: PeakAlloc = PeakAlloc;

const USERS: usize = 100_000;

#[tokio::test]
async fn list_of_100_000_users_stays_below_memory_bound() {
    let org = org(&large::start(USERS).await);
    // Open the connections and load their certificates before the test counts allocations.
    org.access_token(Grant::ServiceAccount).await.unwrap();

    let (before, begin) = (COUNTED.current_usage(), Instant::now());
    COUNTED.reset_peak_usage();
    let users = org.users().await.unwrap().unwrap();
    let took = begin.elapsed();
    let (peak, kept) = (COUNTED.peak_usage() - before, COUNTED.current_usage() - before);

    assert_eq!(users.len(), USERS);
    let records: usize = users.iter().map(bytes).sum();
    let document: usize = (0..USERS).map(|number| large::user(number).len() + 1).sum();
    let mib = |bytes: usize| bytes / 1024 / 1024;
    println!(
        "{USERS} users in {took:?}: document {} MiB, records {} MiB, kept with indexes {} MiB, \
         peak {} MiB",
        mib(document),
        mib(records),
        mib(kept),
        mib(peak)
    );
    assert!(peak <= 3 * records, "the peak is {peak} bytes, and the records have {records}");
}

/// Returns the size of a record in bytes.
fn bytes(user: &User) -> usize {
    let texts = [&user.email, &user.first_name, &user.last_name];
    let texts = texts.into_iter().flatten().chain(&user.subscriptions).map(String::len);
    let id = user.id.as_str().len();
    size_of::<User>() + user.subscriptions.len() * size_of::<String>() + id + texts.sum::<usize>()
}

fn org(url: &str) -> Org {
    let nobody =
        || MissingSetting { summary: String::new(), detail: String::new(), unknown: false };
    Org::new(Settings {
        base_url: url.parse().unwrap(),
        api_path: "/api/v1".into(),
        token_path: "/api/iam/token".into(),
        organization: Ok("acme".parse().unwrap()),
        service_account: Ok(Credentials::Secret {
            id: "robot".into(),
            secret: "secret".to_owned().into(),
        }),
        admin: Err(nobody()),
        max_retries: 0,
        request_timeout: Duration::from_secs(120),
        max_concurrent_requests: 16,
        proxy_url: None,
        ca_cert_pem: None,
        identity: None,
        extra_headers: Vec::new(),
        user_agent: "test".into(),
    })
    .unwrap()
}
