//! List resources, as `terraform query` calls them.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::identity::{check_identity, import_by};
use crate::proto::tfplugin5::schema::Block;
use crate::proto::tfplugin5::{
    Diagnostic, DynamicValue, list_resource, validate_list_resource_config,
};
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors, place};
use crate::terraform::{all_unknown, block, check_names, every, object, schemas};
use crate::values::{has_unknown, pack, unpack_some};

pub(crate) async fn names() -> Vec<&'static str> {
    schemas().await.list_resource_schemas.keys().map(String::as_str).collect()
}

pub(crate) async fn filters(name: &str) -> &'static Block {
    schemas().await.list_resource_schemas[name].block.as_ref().unwrap()
}

pub(crate) async fn request(name: &str, given: &Value, limit: i64) -> list_resource::Request {
    list_resource::Request {
        type_name: name.to_owned(),
        config: Some(pack(&object(filters(name).await, given))),
        include_resource_object: false,
        limit,
    }
}

pub(crate) async fn validate(session: &Session, name: &str, config: &Value) -> Vec<Diagnostic> {
    let request = validate_list_resource_config::Request {
        type_name: name.to_owned(),
        config: Some(pack(config)),
        ..Default::default()
    };
    let answer = session.client.clone().validate_list_resource_config(request).await;
    answer.unwrap().into_inner().diagnostics
}

/// Returns all events of a list, up to the end of the stream.
pub(crate) async fn events(
    session: &Session,
    request: list_resource::Request,
) -> Vec<list_resource::Event> {
    let mut stream = session.client.clone().list_resource(request).await.unwrap().into_inner();
    let mut all = Vec::new();
    while let Some(event) = stream.message().await.unwrap() {
        all.push(event);
    }
    all
}

/// Returns a filter for the email domain of the users with tokens.
fn team() -> Value {
    json!({"email_domain": "team.example"})
}

/// Starts an organization with objects of every type: three users with a seat and a token each, and
/// three service accounts.
async fn organization() -> Organization {
    let organization = Organization::start().await;
    for name in ["ada", "grace", "lin"] {
        let user = json!({"email": format!("{name}@team.example"), "seat": true});
        let user = organization.call("POST", "users", user).await;
        let tokens = format!("users/{}/tokens", user["id"].as_str().unwrap());
        let end = json!({"expires_at": "2090-01-01T00:00:00Z"});
        organization.call("POST", &tokens, end).await;
        organization.call("POST", "service-accounts", json!({"name": format!("ci-{name}")})).await;
    }
    organization
}

#[tokio::test]
async fn listed_objects_include_resource_only_on_request() {
    let organization = organization().await;
    let session = Session::with(&organization).await;
    for name in names().await {
        let mut request = request(name, &json!({}), 100).await;
        let bare = events(&session, request.clone()).await;
        request.include_resource_object = true;
        let whole = events(&session, request).await;
        assert!(bare.len() >= 3, "{name}: {bare:?}");
        assert!(bare.iter().all(|event| event.resource_object.is_none()), "{name}");
        for (bare, whole) in bare.iter().zip(&whole) {
            assert!(whole.diagnostic.is_empty() && !whole.display_name.is_empty(), "{whole:?}");
            assert_eq!(
                (&bare.identity, &bare.display_name),
                (&whole.identity, &whole.display_name)
            );
            let identity = check_identity(name, whole.identity.as_ref()).await;
            let found = unpack_some(whole.resource_object.as_ref());
            check_names(block(name).await, &found);
            assert!(!has_unknown(&found), "{found}");
            let (imported, _) = import_by(&session, name, &identity).await.unwrap();
            assert_eq!(imported, found, "{name}: found is not as imported");
        }
        assert_eq!(bare.len(), whole.len(), "{name}");
    }
}

#[tokio::test]
async fn list_returns_at_most_requested_limit() {
    let organization = organization().await;
    let session = Session::with(&organization).await;
    for name in names().await {
        for limit in [0, 1, 2] {
            let found = events(&session, request(name, &json!({}), limit).await).await;
            assert_eq!(found.len(), usize::try_from(limit).unwrap(), "{name}");
        }
    }
    // One token is enough, so the provider does not list the tokens of the next user.
    let before = organization.requests().await;
    events(&session, request("anaconda_token", &team(), 1).await).await;
    let listings = |all: &[String]| all.iter().filter(|one| one.ends_with("/tokens")).count();
    assert!(listings(&organization.requests().await) <= listings(&before) + 1);
}

#[tokio::test]
async fn list_beyond_buffer_size_is_complete_and_ordered() {
    let organization = Organization::start().await;
    for n in 0..150 {
        organization.add_user(&format!("user-{n}@many.example")).await;
    }
    let session = Session::with(&organization).await;
    let domain = json!({"email_domain": "many.example"});
    let found = events(&session, request("anaconda_user", &domain, 1000).await).await;
    let identities = found.iter().map(|event| {
        let identity = event.identity.as_ref().unwrap().identity_data.as_ref();
        unpack_some(identity)["id"].as_str().unwrap().to_owned()
    });
    let identities: Vec<_> = identities.collect();
    assert!(identities.len() == 150 && identities.is_sorted(), "{}", identities.len());
}

#[tokio::test]
async fn failed_list_sends_error_event_and_ends() {
    let organization = organization().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("GET *", [Fault::Answer(403, "")]);
    let refused = Session::at(&proxy.url()).await;
    let unconfigured = Session::unconfigured(Launch::by_terraform()).await;
    for name in names().await {
        for session in [&refused, &unconfigured] {
            let told = events(session, request(name, &json!({}), 10).await).await;
            let [event] = told.as_slice() else { panic!("{name}: {told:?}") };
            assert_eq!(errors(&event.diagnostic).len(), 1, "{event:?}");
            assert!(event.identity.is_none() && event.resource_object.is_none());
        }
        let malformed = DynamicValue { msgpack: vec![0xc1], json: Vec::new() };
        let bad = list_resource::Request {
            config: Some(malformed),
            ..request(name, &json!({}), 10).await
        };
        let told = events(&refused, bad).await;
        assert!(told.len() == 1 && errors(&told[0].diagnostic).len() == 1, "{name}: {told:?}");
    }
}

#[tokio::test]
async fn objects_found_before_failure_are_sent() {
    let organization = organization().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("GET *tokens", [Fault::Pass, Fault::Answer(403, "")]);
    let session = Session::at(&proxy.url()).await;
    let all = events(&session, request("anaconda_token", &team(), 10).await).await;
    let [found, failed] = all.as_slice() else { panic!("{all:?}") };
    check_identity("anaconda_token", found.identity.as_ref()).await;
    assert_eq!(errors(&failed.diagnostic).len(), 1);
}

#[tokio::test]
async fn canceled_list_stream_stops_api_requests() {
    let organization = organization().await;
    let mut proxy = FaultProxy::start(&organization.url()).await;
    // The token list of the second user would take almost a minute.
    let long = Fault::Answer(429, "retry-after: 50\r\n");
    proxy.inject("GET *tokens", [Fault::Pass, long]);
    let launch = Launch::by_terraform().env("TF_LOG", "DEBUG");
    let mut session = Session::unconfigured(launch).await;
    assert_eq!(session.configure(&provider_block(&proxy.url())).await, []);
    let request = request("anaconda_token", &team(), 10).await;
    let mut stream = session.client.clone().list_resource(request).await.unwrap().into_inner();
    stream.message().await.unwrap().unwrap();
    let listings =
        |proxy: &FaultProxy| proxy.requests().iter().filter(|one| one.ends_with("tokens")).count();
    proxy.wait_for_count("GET *tokens", 2).await;
    drop(stream);
    session.plugin.stderr_until(|text| text.contains("reads no more of a list")).await;
    assert_eq!(listings(&proxy), 2);
    // The process continues to run.
    assert!(session.plugin.shutdown().await.success());
}

#[tokio::test]
async fn list_filter_validation_sends_no_request() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in names().await {
        let filters = filters(name).await;
        let nulls = Value::Object(every(filters, &Value::Null));
        for config in [all_unknown(filters), nulls, Value::Null] {
            assert_eq!(validate(&session, name, &config).await, [], "{name}: {config}");
        }
    }
    for (name, filter, value) in
        [("anaconda_user", "role", "owner"), ("anaconda_service_account", "name_regex", "(")]
    {
        let config = object(filters(name).await, &json!({ filter: value }));
        let told = validate(&session, name, &config).await;
        assert_eq!(errors(&told).into_iter().map(place).collect::<Vec<_>>(), [filter]);
    }
}
