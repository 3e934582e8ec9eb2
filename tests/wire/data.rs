//! Data sources: their results and their errors.

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::harness::Launch;
use crate::proto::tfplugin5::schema::Block;
use crate::proto::tfplugin5::{Diagnostic, read_data_source, validate_data_source_config};
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors, place};
use crate::terraform::{absent_user_id, all_unknown, check_names, object, schemas};
use crate::values::{has_unknown, pack, unpack_some};

pub(crate) async fn names() -> Vec<&'static str> {
    schemas().await.data_source_schemas.keys().map(String::as_str).collect()
}

pub(crate) async fn block(name: &str) -> &'static Block {
    schemas().await.data_source_schemas[name].block.as_ref().unwrap()
}

/// Returns arguments for each data source. The organization has the user Grace and the service
/// account `ci`.
pub(crate) fn example(name: &str) -> Value {
    match name {
        "anaconda_seats" | "anaconda_service_accounts" => json!({}),
        "anaconda_service_account" => json!({"name": "ci"}),
        "anaconda_tokens" => json!({"email": "GRACE@example.com", "include_revoked": true}),
        "anaconda_user" => json!({"email": "GRACE@example.com"}),
        "anaconda_users" => json!({"role": "member", "include_groups": true}),
        other => panic!("{other} needs an example here"),
    }
}

async fn organization() -> (Organization, String) {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    organization.call("POST", "service-accounts", json!({"name": "ci"})).await;
    let end = json!({"expires_at": "2090-01-01T00:00:00Z"});
    organization.call("POST", &format!("users/{grace}/tokens"), end).await;
    (organization, grace)
}

pub(crate) async fn validate(session: &Session, name: &str, config: &Value) -> Vec<Diagnostic> {
    let request = validate_data_source_config::Request {
        type_name: name.to_owned(),
        config: Some(pack(config)),
    };
    let answer = session.client.clone().validate_data_source_config(request).await.unwrap();
    answer.into_inner().diagnostics
}

/// Reads a data source. Checks the response as Terraform does, and that no argument has changed.
pub(crate) async fn read(
    session: &Session,
    name: &str,
    given: &Value,
) -> Result<Value, Vec<Diagnostic>> {
    let block = block(name).await;
    let config = object(block, given);
    let request = read_data_source::Request {
        type_name: name.to_owned(),
        config: Some(pack(&config)),
        ..Default::default()
    };
    let answer = session.client.clone().read_data_source(request).await.unwrap().into_inner();
    assert_eq!(answer.deferred, None);
    if !errors(&answer.diagnostics).is_empty() {
        assert_eq!(answer.state, None, "a look that failed tells nothing");
        return Err(answer.diagnostics);
    }
    let state = unpack_some(answer.state.as_ref());
    check_names(block, &state);
    assert!(!has_unknown(&state), "{state}");
    for attribute in &block.attributes {
        let (config, now) = (&config[&attribute.name], &state[&attribute.name]);
        assert!(config == now || (config.is_null() && attribute.computed), "{}", attribute.name);
    }
    Ok(state)
}

#[tokio::test]
async fn data_source_result_is_complete_with_same_arguments() {
    let (organization, grace) = organization().await;
    let session = Session::with(&organization).await;
    for name in names().await {
        let given = example(name);
        assert_eq!(validate(&session, name, &object(block(name).await, &given)).await, []);
        let state = read(&session, name, &given).await.unwrap();
        assert_eq!(read(&session, name, &given).await.unwrap(), state, "{name}");
        match name {
            "anaconda_user" => assert_eq!(state["id"], grace.as_str()),
            "anaconda_users" => assert_eq!(state["emails"], json!(["grace@example.com"])),
            "anaconda_tokens" => assert_eq!(state["ids"].as_array().unwrap().len(), 1),
            "anaconda_service_account" => assert_eq!(state["id"], state["client_id"]),
            "anaconda_service_accounts" => {
                assert!(state["names"].as_array().unwrap().contains(&json!("ci")));
            }
            _ => assert_eq!(state["assigned_count"], 0),
        }
    }
}

#[tokio::test]
async fn data_source_result_is_equal_for_any_key() {
    let (organization, grace) = organization().await;
    let session = Session::with(&organization).await;
    let by_email = read(&session, "anaconda_user", &json!({"email": "grace@example.com"})).await;
    let by_id = read(&session, "anaconda_user", &json!({"id": grace})).await;
    assert_eq!(by_email, by_id);
    let by_name = read(&session, "anaconda_service_account", &json!({"name": "ci"})).await.unwrap();
    let client = json!({"client_id": by_name["client_id"]});
    let by_client = read(&session, "anaconda_service_account", &client).await.unwrap();
    assert_eq!(by_name, by_client);
}

#[tokio::test]
async fn missing_data_source_object_error_shows_key() {
    let (organization, _) = organization().await;
    let session = Session::with(&organization).await;
    for (name, key, value) in [
        ("anaconda_user", "id", absent_user_id()),
        ("anaconda_user", "id", "ada"),
        ("anaconda_user", "email", "no@example.com"),
        ("anaconda_tokens", "user_id", absent_user_id()),
        ("anaconda_tokens", "email", "no@example.com"),
        ("anaconda_service_account", "name", "no-account"),
        ("anaconda_service_account", "client_id", absent_user_id()),
    ] {
        let told = read(&session, name, &json!({ key: value })).await.unwrap_err();
        let all = format!("{} {}", told[0].summary, told[0].detail);
        assert!(told.len() == 1 && all.contains(value), "{name}.{key}: {all}");
    }
}

#[tokio::test]
async fn unavailable_list_is_error_not_empty_result() {
    let (organization, _) = organization().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("GET *", [Fault::Answer(403, "")]);
    let refused = Session::at(&proxy.url()).await;
    let unconfigured = Session::unconfigured(Launch::by_terraform()).await;
    for name in names().await {
        for session in [&refused, &unconfigured] {
            let told = read(session, name, &example(name)).await.unwrap_err();
            assert_eq!(errors(&told).len(), 1, "{name}: {told:?}");
        }
    }
}

#[tokio::test]
async fn data_source_validation_sends_no_request() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in names().await {
        let unknowns = all_unknown(block(name).await);
        assert_eq!(validate(&session, name, &unknowns).await, [], "{name}");
    }
    for (name, given, at) in [
        ("anaconda_user", json!({}), ""),
        ("anaconda_user", json!({"id": absent_user_id(), "email": "ada@example.com"}), "email"),
        ("anaconda_tokens", json!({}), ""),
        ("anaconda_service_account", json!({}), ""),
        ("anaconda_service_accounts", json!({"name_regex": "("}), "name_regex"),
        ("anaconda_users", json!({"role": "owner"}), "role"),
    ] {
        let told = validate(&session, name, &object(block(name).await, &given)).await;
        let places: Vec<_> = errors(&told).into_iter().map(place).collect();
        assert_eq!(places, [at], "{name} {given}");
    }
}
