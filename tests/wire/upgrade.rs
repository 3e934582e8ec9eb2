//! States as state files contain them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::harness::Launch;
use crate::proto::tfplugin5::{RawState, upgrade_resource_state};
use crate::samples::sample;
use crate::session::{Session, errors};
use crate::terraform::{absent_user_id, block, check_names, example, object, resource_names};
use crate::values::unpack_some;

pub(crate) async fn upgrade(
    session: &Session,
    name: &str,
    version: i64,
    raw: RawState,
) -> Result<Value, String> {
    let request = upgrade_resource_state::Request {
        type_name: name.to_owned(),
        version,
        raw_state: Some(raw),
    };
    let answer = session.client.clone().upgrade_resource_state(request).await.unwrap();
    let answer = answer.into_inner();
    if let [told] = errors(&answer.diagnostics).as_slice() {
        assert_eq!(answer.upgraded_state, None);
        return Err(format!("{}: {}", told.summary, told.detail));
    }
    assert_eq!(answer.diagnostics, []);
    let state = unpack_some(answer.upgraded_state.as_ref());
    check_names(block(name).await, &state);
    Ok(state)
}

/// Returns the same state with the defaults of its type.
fn with_defaults(name: &str, mut state: Value) -> Value {
    let defaults = (sample(name).defaults)();
    state.as_object_mut().unwrap().extend(defaults.as_object().unwrap().clone());
    state
}

pub(crate) fn stored(value: &Value) -> RawState {
    RawState { json: serde_json::to_vec_pretty(value).unwrap(), ..Default::default() }
}

#[tokio::test]
async fn state_of_current_version_is_read_unchanged() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in resource_names().await {
        let state =
            with_defaults(name, object(block(name).await, &example(name, absent_user_id())));
        assert_eq!(upgrade(&session, name, 0, stored(&state)).await.unwrap(), state);
    }
}

#[tokio::test]
async fn upgraded_state_adds_defaults_and_drops_unknown_attributes() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in resource_names().await {
        let given = example(name, absent_user_id());
        let state = with_defaults(name, object(block(name).await, &given));
        let mut old = given.clone();
        old["an_attribute_of_old"] = json!([{"deep": [1]}]);
        assert_eq!(upgrade(&session, name, 0, stored(&old)).await.unwrap(), state, "{name}");
    }
}

#[tokio::test]
async fn state_written_by_newer_provider_is_rejected() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in resource_names().await {
        let newer = schema_version(name).await + 1;
        let told = upgrade(&session, name, newer, stored(&json!({}))).await.unwrap_err();
        assert!(told.contains(name) && told.contains("newer"), "{told}");
    }
}

async fn schema_version(name: &str) -> i64 {
    crate::terraform::schemas().await.resource_schemas[name].version
}

#[tokio::test]
async fn unreadable_state_is_rejected_and_not_shown() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let flat = BTreeMap::from([("token".to_owned(), "hunter2".to_owned())]);
    for name in resource_names().await {
        let mut cases = vec![RawState { flatmap: flat.clone(), ..Default::default() }];
        let wrong = json!({ sample(name).known_after_apply: ["hunter2"] }).to_string();
        for text in ["{\"id\":\"hunter2\"", "[\"hunter2\"]", "hunter2", "\"hunter2\"", &wrong] {
            cases.push(RawState { json: text.as_bytes().to_vec(), ..Default::default() });
        }
        for raw in cases {
            let told = upgrade(&session, name, 0, raw.clone()).await.unwrap_err();
            assert!(!told.contains("hunter2"), "{told}");
        }
    }
}
