//! The provider block: accepted values, rejected values, and the requests that the provider does
//! not send.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proto::tfplugin5::diagnostic::Severity;
use crate::proto::tfplugin5::prepare_provider_config;
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors, place};
use crate::terraform::{absent_user_id, all_unknown, block, example, object, resource_names};
use crate::values::{pack, unknown};

const DEAD: &str = "http://127.0.0.1:9";

pub(crate) async fn prepare(session: &Session, config: &Value) -> Vec<(String, String)> {
    let config = Some(pack(config));
    let request = prepare_provider_config::Request { config: config.clone() };
    let answer = session.client.clone().prepare_provider_config(request).await.unwrap();
    let answer = answer.into_inner();
    if !errors(&answer.diagnostics).is_empty() {
        return answer.diagnostics.iter().map(|d| (place(d), d.detail.clone())).collect();
    }
    assert_eq!(answer.prepared_config, config);
    Vec::new()
}

#[tokio::test]
async fn every_provider_argument_can_be_unknown_or_null() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let block = block("").await;
    let whole = [all_unknown(block), object(block, &json!({}))];
    let one = block.attributes.iter().map(|attribute| {
        let mut config = object(block, &provider_block(DEAD));
        config[&attribute.name] = unknown();
        config
    });
    for config in one.chain(whole) {
        assert_eq!(prepare(&session, &config).await, [], "{config}");
        assert_eq!(session.configure(&config).await, [], "{config}");
    }
}

#[tokio::test]
async fn invalid_value_error_has_attribute_path() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let cases = [
        ("organization_id", json!("")),
        ("organization_id", json!("https://anaconda.com/app/organizations/acme/members?a=b")),
        ("organization_id", json!("anaconda.com/app/organizations/acme")),
        ("extra_headers", json!({"X-Fine": "a", "Authorization": "hunter2"})),
        ("extra_headers", json!({"content-type": "hunter2"})),
        ("extra_headers", json!({"HOST": "hunter2"})),
        ("extra_headers", json!({"X-A": "hunter2\nX-B: c"})),
        ("client_key_pem", json!("")),
        ("client_id", json!("")),
        ("client_secret", json!("")),
        ("base_url", json!("anaconda.com")),
        ("base_url", json!("http://anaconda.com")),
        ("base_url", json!("https://me:hunter2@anaconda.com")),
        ("api_path", json!("api")),
        ("token_path", json!("/a?b")),
        ("max_retries", json!(21)),
        ("max_retries", json!(1.5)),
        ("request_timeout_seconds", json!(0)),
        ("max_concurrent_requests", json!(257)),
        ("proxy_url", json!("proxy")),
    ];
    for (name, value) in cases {
        let config = object(block("").await, &json!({ name: value }));
        let told = prepare(&session, &config).await;
        let places: Vec<_> = told.iter().map(|(place, _)| place.as_str()).collect();
        assert_eq!(places, [name], "{value}");
        assert!(!told[0].1.contains("hunter2"), "{told:?}");
    }
}

#[tokio::test]
async fn configure_errors_point_at_their_argument() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for (name, value) in [
        ("organization_id", "a/b"),
        ("ca_cert_file", "/no/such/file"),
        ("client_cert_file", "/no/such/file"),
    ] {
        let mut config = provider_block(DEAD);
        config[name] = value.into();
        let told = session.configure(&config).await;
        let places: Vec<_> = errors(&told).into_iter().map(place).collect();
        assert_eq!(places, [name], "{told:?}");
    }
}

#[tokio::test]
async fn page_url_error_names_organization_part() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for address in
        ["https://anaconda.com/app/organizations/acme-1?tab=users", "organizations/acme-1/"]
    {
        let config = object(block("").await, &json!({ "organization_id": address }));
        let told = prepare(&session, &config).await;
        assert!(told[0].1.contains("to \"acme-1\""), "{told:?}");
        // The provider reads the environment variable when Terraform configures it.
        let launch = Launch::by_terraform().env("ANACONDA_ORGANIZATION_ID", address);
        let session = Session::unconfigured(launch).await;
        let mut config = provider_block(DEAD);
        config["organization_id"] = Value::Null;
        let told = session.configure(&config).await;
        assert!(errors(&told)[0].detail.contains("to \"acme-1\""), "{told:?}");
    }
}

#[tokio::test]
async fn unknown_header_defers_and_null_header_is_omitted() {
    let organization = Organization::start().await;
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut config = provider_block(&organization.url());
    config["extra_headers"] = json!({"X-A": unknown()});
    assert_eq!(session.configure(&config).await, []);
    let plan = session.plan("anaconda_user", &Value::Null, &json!({})).await.unwrap();
    let applied = session.apply("anaconda_user", &Value::Null, &plan.state, &json!({})).await;
    assert!(errors(&applied.diagnostics)[0].detail.contains("extra_headers"));
    config["extra_headers"] = json!({"X-A": null, "X-B": "b"});
    assert_eq!(session.configure(&config).await, []);
    session.create("anaconda_user", &json!({})).await;
}

#[tokio::test]
async fn wrong_token_endpoint_differs_from_wrong_credentials() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    let session = Session::unconfigured(Launch::by_terraform()).await;
    assert_eq!(session.configure(&provider_block(&proxy.url())).await, []);
    let elsewhere = "location: https://sso.example.com/login\r\n";
    for fault in
        [Fault::Answer(404, ""), Fault::Answer(302, elsewhere), Fault::Replace(200, "<html>")]
    {
        proxy.inject("POST *token", [fault]);
        let plan = session.plan("anaconda_user", &Value::Null, &json!({})).await.unwrap();
        let applied = session.apply("anaconda_user", &Value::Null, &plan.state, &json!({})).await;
        let told = &errors(&applied.diagnostics)[0].detail;
        assert!(told.contains("token_path") && told.contains("/api/auth/oauth2/token"), "{told}");
        proxy.clear_faults();
    }
}

#[tokio::test]
async fn configure_sends_nothing_and_last_one_applies() {
    let organization = Organization::start().await;
    let ada = organization.add_user("ada@example.com").await;
    let session = Session::at(DEAD).await;
    assert_eq!(session.configure(&provider_block(&organization.url())).await, []);
    assert_eq!(organization.requests().await, Vec::<String>::new());
    session.import("anaconda_user", &ada).await.unwrap();
}

#[tokio::test]
async fn read_without_configuration_fails_and_keeps_state() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let state = object(
        block("anaconda_seat").await,
        &json!({
            "id": absent_user_id(), "user_id": absent_user_id(), "send_seat_assigned_email": false,
        }),
    );
    let read = session.read("anaconda_seat", &state).await;
    assert!(errors(&read.diagnostics)[0].summary.contains("not configured"));
}

#[tokio::test]
async fn unknown_credentials_keep_state_and_warn_once() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let ada = organization.add_user("grace@example.com").await;
    let mut states = Vec::new();
    for name in resource_names().await {
        states.push((name, session.create(name, &example(name, &ada)).await));
    }
    organization.call("DELETE", "requests", Value::Null).await;

    let config = json!({"base_url": organization.url(), "organization_id": "sandbox",
        "client_id": unknown(), "client_secret": unknown(), "admin_password": unknown(),
        "admin_username": unknown()});
    assert_eq!(session.configure(&config).await, []);
    let mut warnings = 0;
    for (name, state) in &states {
        let read = session.read(name, state).await;
        warnings += read.diagnostics.len();
        assert!(read.diagnostics.iter().all(|d| d.severity() == Severity::Warning), "{read:?}");
        assert_eq!(&read.ok(), state);
        assert!(errors(&session.plan_delete(name, state).await).is_empty());
    }
    // Configure the provider again, so that each run plans an object only once.
    for is_new in [true, false] {
        assert_eq!(session.configure(&config).await, []);
        for (name, state) in &states {
            let prior = if is_new { &Value::Null } else { state };
            session.plan(name, prior, &example(name, &ada)).await.unwrap();
        }
    }
    assert_eq!(warnings, 1);
    assert_eq!(organization.requests().await, Vec::<String>::new());
    // Only an apply needs the unknown value.
    let plan = session.plan("anaconda_user", &Value::Null, &json!({})).await.unwrap();
    let applied = session.apply("anaconda_user", &Value::Null, &plan.state, &json!({})).await;
    assert!(errors(&applied.diagnostics)[0].summary.contains("Unknown provider argument"));
}
