//! Actions: validation, a plan without a request, and an invocation that ends with a completed
//! event.

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::harness::Launch;
use crate::proto::tfplugin5::invoke_action::event::Type;
use crate::proto::tfplugin5::schema::Block;
use crate::proto::tfplugin5::{
    Diagnostic, DynamicValue, invoke_action, plan_action, validate_action_config,
};
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors, place};
use crate::terraform::{absent_user_id, all_unknown, object, schemas};
use crate::values::{pack, unknown};

pub(crate) async fn names() -> Vec<&'static str> {
    schemas().await.action_schemas.keys().map(String::as_str).collect()
}

pub(crate) async fn block(name: &str) -> &'static Block {
    let schema = schemas().await.action_schemas[name].schema.as_ref().unwrap();
    schema.block.as_ref().unwrap()
}

/// Returns a configuration of each action. `user` is the ID of a user with an active token.
pub(crate) fn example(name: &str, user: &str) -> Value {
    match name {
        "anaconda_offboard_user" | "anaconda_revoke_user_tokens" => {
            json!({"user_id": user, "confirm": true})
        }
        "anaconda_onboard_users" => json!({"emails": ["kim@example.com", "lee@example.com"]}),
        "anaconda_renew_token" => json!({"user_id": user, "expires_at": "2091-01-01T00:00:00Z"}),
        other => panic!("{other} needs an example here"),
    }
}

/// Starts an organization with Grace, who has a token. Also returns her ID.
async fn organization() -> (Organization, String) {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let end = json!({"expires_at": "2090-01-01T00:00:00Z"});
    organization.call("POST", &format!("users/{grace}/tokens"), end).await;
    (organization, grace)
}

/// Validates and plans. Both must return the same diagnostics, because the plan has no additional
/// data.
pub(crate) async fn check(session: &Session, name: &str, config: &Value) -> Vec<Diagnostic> {
    let mut client = session.client.clone();
    let config = Some(pack(config));
    let request =
        validate_action_config::Request { type_name: name.to_owned(), config: config.clone() };
    let told = client.validate_action_config(request).await.unwrap().into_inner().diagnostics;
    let request =
        plan_action::Request { action_type: name.to_owned(), config, ..Default::default() };
    let planned = client.plan_action(request).await.unwrap().into_inner();
    assert_eq!((&planned.diagnostics, &planned.deferred), (&told, &None), "{name}");
    told
}

/// Invokes an action until the end of its stream. Returns the progress messages and the final
/// diagnostics.
pub(crate) async fn invoke_raw(
    session: &Session,
    name: &str,
    config: DynamicValue,
) -> (Vec<String>, Vec<Diagnostic>) {
    let request = invoke_action::Request {
        action_type: name.to_owned(),
        config: Some(config),
        ..Default::default()
    };
    let mut events = session.client.clone().invoke_action(request).await.unwrap().into_inner();
    let mut lines = Vec::new();
    loop {
        let event = events.message().await.unwrap();
        match event.and_then(|event| event.r#type).expect("an end without a last word") {
            Type::Progress(progress) => lines.push(progress.message),
            Type::Completed(end) => {
                assert_eq!(events.message().await.unwrap(), None, "something after the last word");
                assert!(!lines.iter().any(String::is_empty), "{lines:?}");
                return (lines, end.diagnostics);
            }
        }
    }
}

pub(crate) async fn invoke(
    session: &Session,
    name: &str,
    given: &Value,
) -> (Vec<String>, Vec<Diagnostic>) {
    invoke_raw(session, name, pack(&object(block(name).await, given))).await
}

#[tokio::test]
async fn every_action_reports_progress_and_completes_once() {
    for name in names().await {
        let (organization, grace) = organization().await;
        let session = Session::with(&organization).await;
        let given = example(name, &grace);
        assert_eq!(check(&session, name, &object(block(name).await, &given)).await, []);
        assert_eq!(organization.requests().await, Vec::<String>::new(), "a plan asks nothing");
        let (lines, told) = invoke(&session, name, &given).await;
        assert!(!lines.is_empty() && told.is_empty(), "{name}: {lines:?} {told:?}");

        let now = organization.user("grace@example.com").await;
        let token = now.as_ref().map(|user| user["tokens"][0].clone()).unwrap_or_default();
        match name {
            "anaconda_offboard_user" => assert_eq!(now, None),
            "anaconda_onboard_users" => {
                assert!(organization.user("kim@example.com").await.is_some());
                assert!(organization.user("lee@example.com").await.is_some());
            }
            "anaconda_revoke_user_tokens" => assert_eq!(token["live"], false, "{token}"),
            _ => assert!(token["expires_at"].as_str().unwrap().starts_with("2091"), "{token}"),
        }
    }
}

#[tokio::test]
async fn unknown_values_pass_validation_without_errors() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in names().await {
        let config = all_unknown(block(name).await);
        assert_eq!(check(&session, name, &config).await, [], "{name}");
    }
}

#[tokio::test]
async fn action_without_confirmation_changes_nothing() {
    let (organization, grace) = organization().await;
    let session = Session::with(&organization).await;
    for name in ["anaconda_offboard_user", "anaconda_revoke_user_tokens"] {
        let mut given = example(name, &grace);
        given["confirm"] = unknown();
        assert_eq!(check(&session, name, &object(block(name).await, &given)).await, []);
        for answer in [json!(false), Value::Null] {
            given["confirm"] = answer;
            let config = object(block(name).await, &given);
            let told = check(&session, name, &config).await;
            assert_eq!(errors(&told).into_iter().map(place).collect::<Vec<_>>(), ["confirm"]);
            // The plan might have contained an unknown value. The value is known only now.
            let (lines, told) = invoke(&session, name, &given).await;
            assert_eq!(errors(&told).into_iter().map(place).collect::<Vec<_>>(), ["confirm"]);
            assert_eq!(lines, Vec::<String>::new());
        }
    }
    assert_eq!(organization.requests().await, Vec::<String>::new());
}

#[tokio::test]
async fn invalid_argument_error_has_attribute_path() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for (name, argument, value) in [
        ("anaconda_offboard_user", "user_id", json!("ada")),
        ("anaconda_offboard_user", "email", json!("ada@example.com")),
        ("anaconda_onboard_users", "emails", json!(["ada"])),
        ("anaconda_renew_token", "expires_at", json!("tomorrow")),
        ("anaconda_revoke_user_tokens", "user_id", json!("")),
    ] {
        let mut given = example(name, absent_user_id());
        given[argument] = value;
        let told = check(&session, name, &object(block(name).await, &given)).await;
        let places: Vec<_> = errors(&told).into_iter().map(place).collect();
        assert_eq!(places, [argument], "{name}: {told:?}");
    }
}

#[tokio::test]
async fn failed_action_reports_error_in_completion() {
    let (organization, grace) = organization().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    for method in ["GET *", "PATCH *", "DELETE *", "POST /api/v1/*"] {
        proxy.inject(method, [Fault::Answer(403, "")]);
    }
    let refused = Session::at(&proxy.url()).await;
    let unconfigured = Session::unconfigured(Launch::by_terraform()).await;
    for name in names().await {
        let (_, told) = invoke(&refused, name, &example(name, &grace)).await;
        assert!(errors(&told)[0].detail.contains("injected by the proxy"), "{name}: {told:?}");
        let (_, told) = invoke(&unconfigured, name, &example(name, &grace)).await;
        assert!(errors(&told)[0].summary.contains("not configured"), "{name}: {told:?}");
        let malformed = DynamicValue { msgpack: vec![0xc1], json: Vec::new() };
        let (lines, told) = invoke_raw(&refused, name, malformed).await;
        assert_eq!((lines.len(), errors(&told).len()), (0, 1), "{name}: {told:?}");
    }
    assert!(organization.user("grace@example.com").await.is_some());
}

#[tokio::test]
async fn started_action_completes_without_reader() {
    let (organization, grace) = organization().await;
    let mut proxy = FaultProxy::start(&organization.url()).await;
    let session = Session::at(&proxy.url()).await;
    let config =
        object(block("anaconda_offboard_user").await, &example("anaconda_offboard_user", &grace));
    let request = invoke_action::Request {
        action_type: "anaconda_offboard_user".to_owned(),
        config: Some(pack(&config)),
        ..Default::default()
    };
    let events = session.client.clone().invoke_action(request).await.unwrap();
    drop(events);
    proxy.wait_for(&format!("DELETE *users/{grace}")).await;
}
