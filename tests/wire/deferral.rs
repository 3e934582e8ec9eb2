//! Objects that are put off to a later run: only where the client can do that, and only while the
//! provider's own configuration is not known.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proto::tfplugin5::deferred::Reason;
use crate::proto::tfplugin5::{
    ClientCapabilities, Deferred, plan_resource_change, read_data_source, read_resource,
};
use crate::session::{Session, errors};
use crate::terraform::{block, example, nobody, object, propose, resource_names, schemas};
use crate::values::{pack, unknown, unpack_some};

fn client(deferral_allowed: bool) -> ClientCapabilities {
    ClientCapabilities { deferral_allowed, ..Default::default() }
}

/// A plugin whose credentials are made in the same run, by another resource.
async fn not_known_yet(organization: &Organization) -> Session {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut given = provider_block(&organization.url());
    given["client_secret"] = unknown();
    assert_eq!(session.configure(&given).await, []);
    session
}

async fn plan(session: &Session, name: &str, allowed: bool) -> plan_resource_change::Response {
    let block = block(name).await;
    let config = object(block, &example(name, nobody()));
    let request = plan_resource_change::Request {
        type_name: name.to_owned(),
        prior_state: Some(pack(&Value::Null)),
        proposed_new_state: Some(pack(&propose(block, &config, &Value::Null))),
        config: Some(pack(&config)),
        client_capabilities: Some(client(allowed)),
        ..Default::default()
    };
    session.client.clone().plan_resource_change(request).await.unwrap().into_inner()
}

async fn read(session: &Session, name: &str, allowed: bool) -> read_resource::Response {
    let request = read_resource::Request {
        type_name: name.to_owned(),
        current_state: Some(pack(&object(block(name).await, &example(name, nobody())))),
        private: b"private".to_vec(),
        client_capabilities: Some(client(allowed)),
        ..Default::default()
    };
    session.client.clone().read_resource(request).await.unwrap().into_inner()
}

async fn look(session: &Session, name: &str, allowed: bool) -> read_data_source::Response {
    let block = schemas().await.data_source_schemas[name].block.as_ref().unwrap();
    let request = read_data_source::Request {
        type_name: name.to_owned(),
        config: Some(pack(&object(block, &json!({})))),
        client_capabilities: Some(client(allowed)),
        ..Default::default()
    };
    session.client.clone().read_data_source(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn what_cannot_be_known_yet_is_put_off_where_the_client_can() {
    let organization = Organization::start().await;
    let session = not_known_yet(&organization).await;
    let put_off = Some(Deferred { reason: Reason::ProviderConfigUnknown.into() });
    for name in resource_names().await {
        let planned = plan(&session, name, true).await;
        assert_eq!(planned.deferred, put_off, "{name}");
        assert!(errors(&planned.diagnostics).is_empty(), "{name}: {:?}", planned.diagnostics);
        assert!(!unpack_some(planned.planned_state.as_ref()).is_null(), "{name}");

        let seen = read(&session, name, true).await;
        assert_eq!(seen.deferred, put_off, "{name}");
        assert_eq!(seen.private, b"private", "{name}");
        let stored = object(block(name).await, &example(name, nobody()));
        assert_eq!(unpack_some(seen.new_state.as_ref()), stored, "{name}");
    }
    let found = look(&session, "anaconda_users", true).await;
    assert_eq!((found.deferred, found.diagnostics), (put_off, vec![]));
    assert!(organization.requests().await.is_empty());
}

#[tokio::test]
async fn nothing_is_put_off_where_the_client_cannot() {
    let organization = Organization::start().await;
    let session = not_known_yet(&organization).await;
    for name in resource_names().await {
        assert_eq!(plan(&session, name, false).await.deferred, None, "{name}");
        assert_eq!(read(&session, name, false).await.deferred, None, "{name}");
    }
    let found = look(&session, "anaconda_users", false).await;
    assert_eq!(found.deferred, None);
    assert!(!errors(&found.diagnostics).is_empty(), "a data source has no state to show");
}

#[tokio::test]
async fn nothing_is_put_off_when_all_is_known() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        assert_eq!(plan(&session, name, true).await.deferred, None, "{name}");
        assert_eq!(read(&session, name, true).await.deferred, None, "{name}");
    }
    assert_eq!(look(&session, "anaconda_users", true).await.deferred, None);
}
