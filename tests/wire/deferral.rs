//! Deferred changes: the provider defers only if its own configuration is unknown and the client
//! supports deferral.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::proto::tfplugin5::deferred::Reason;
use crate::proto::tfplugin5::{
    ClientCapabilities, Deferred, plan_resource_change, read_data_source, read_resource,
};
use crate::session::{Session, errors};
use crate::terraform::{absent_user_id, block, example, object, propose, resource_names, schemas};
use crate::values::{pack, unknown, unpack_some};

/// Private data, which must not change.
const PRIVATE: &[u8] = br#"{"written":1,"scope":"sandbox"}"#;

/// Reads and plans all types. Returns whether each response is deferred.
async fn answers(
    session: &Session,
    allowed: bool,
    states: &[(&str, Value)],
) -> Vec<Option<Deferred>> {
    let client_capabilities =
        Some(ClientCapabilities { deferral_allowed: allowed, ..Default::default() });
    let mut client = session.client.clone();
    let mut all = Vec::new();
    for (name, state) in states {
        let request = read_resource::Request {
            type_name: (*name).to_owned(),
            current_state: Some(pack(state)),
            private: PRIVATE.to_vec(),
            client_capabilities,
            ..Default::default()
        };
        let answer = client.read_resource(request).await.unwrap().into_inner();
        assert!(errors(&answer.diagnostics).is_empty(), "{:?}", answer.diagnostics);
        // A deferred read returns the state that it received.
        if answer.deferred.is_some() {
            assert_eq!(answer.new_state, Some(pack(state)));
        } else {
            assert_eq!(unpack_some(answer.new_state.as_ref()), *state);
        }
        assert_eq!(answer.private, PRIVATE);
        all.push(answer.deferred);

        let block = block(name).await;
        let config = object(block, &example(name, absent_user_id()));
        let request = plan_resource_change::Request {
            type_name: (*name).to_owned(),
            prior_state: Some(pack(&Value::Null)),
            proposed_new_state: Some(pack(&propose(block, &config, &Value::Null))),
            config: Some(pack(&config)),
            client_capabilities,
            ..Default::default()
        };
        let answer = client.plan_resource_change(request).await.unwrap().into_inner();
        assert!(errors(&answer.diagnostics).is_empty(), "{:?}", answer.diagnostics);
        assert!(answer.planned_state.is_some(), "{name}");
        all.push(answer.deferred);
    }
    let source = schemas().await.data_source_schemas["anaconda_users"].block.as_ref().unwrap();
    let request = read_data_source::Request {
        type_name: "anaconda_users".to_owned(),
        config: Some(pack(&object(source, &json!({})))),
        client_capabilities,
        ..Default::default()
    };
    let answer = client.read_data_source(request).await.unwrap().into_inner();
    // A response without a state must be deferred or contain an error.
    if answer.deferred.is_some() || errors(&answer.diagnostics).is_empty() {
        assert!(answer.state.is_some());
    }
    all.push(answer.deferred);
    all
}

#[tokio::test]
async fn deferral_requires_unknown_credentials_and_client_support() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    let mut states = Vec::new();
    for name in resource_names().await {
        states.push((name, session.create(name, &example(name, &grace)).await));
    }
    let now = Some(Deferred { reason: Reason::ProviderConfigUnknown.into() });
    for (known, allowed) in [(true, true), (false, false), (false, true), (true, true)] {
        let mut config = provider_block(&organization.url());
        if !known {
            for name in ["client_id", "client_secret", "admin_username", "admin_password"] {
                config[name] = unknown();
            }
        }
        assert_eq!(session.configure(&config).await, []);
        let expected = if allowed && !known { &now } else { &None };
        for answer in answers(&session, allowed, &states).await {
            assert_eq!(&answer, expected, "known: {known}, allowed: {allowed}");
        }
    }
}
