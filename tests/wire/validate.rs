//! Validation of configurations before the plan.

use serde_json::{Value, json};

use crate::harness::Launch;
use crate::proto::tfplugin5::{Diagnostic, validate_resource_type_config};
use crate::session::{Session, errors, place};
use crate::terraform::{
    absent_user_id, all_unknown, block, every, example, object, resource_names,
};
use crate::values::{pack, unknown};

pub(crate) async fn validate(session: &Session, name: &str, config: &Value) -> Vec<Diagnostic> {
    let request = validate_resource_type_config::Request {
        type_name: name.to_owned(),
        config: Some(pack(config)),
        ..Default::default()
    };
    let answer = session.client.clone().validate_resource_type_config(request).await;
    answer.unwrap().into_inner().diagnostics
}

#[tokio::test]
async fn unknown_values_pass_validation_without_errors() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in resource_names().await {
        let block = block(name).await;
        let whole = all_unknown(block);
        assert_eq!(validate(&session, name, &whole).await, [], "{name}");
        let good = object(block, &example(name, absent_user_id()));
        assert_eq!(validate(&session, name, &good).await, [], "{name}");
        for attribute in block.attributes.iter().filter(|a| a.required || a.optional) {
            let mut config = good.clone();
            config[&attribute.name] = unknown();
            if attribute.r#type.starts_with(b"[\"map\"") {
                let inside = json!({"a": unknown(), "b": null});
                config[&attribute.name] = inside;
            }
            let told = validate(&session, name, &config).await;
            assert_eq!(told, [], "{name}.{}", attribute.name);
        }
    }
}

#[tokio::test]
async fn validation_of_missing_configuration_never_crashes() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for name in resource_names().await {
        for nothing in [Value::Object(every(block(name).await, &Value::Null)), Value::Null] {
            let told = validate(&session, name, &nothing).await;
            let missing = |one: &&Diagnostic| one.summary == "Missing required argument";
            let others = errors(&told).into_iter().filter(|one| !missing(one)).count();
            assert!(others <= 1, "{name}: {told:?}");
        }
    }
}

#[tokio::test]
async fn invalid_value_error_has_attribute_path() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let cases = [
        ("anaconda_onboarding", "emails", json!(["ada"])),
        ("anaconda_onboarding", "emails", json!(["ada@example.com", "Ada@example.com"])),
        ("anaconda_onboarding", "emails", json!(["ada@example.com", null])),
        ("anaconda_onboarding", "emails", json!(["ada", unknown()])),
        ("anaconda_onboarding", "emails", json!(["ada@exam\u{200b}ple.com"])),
        ("anaconda_onboarding", "released_emails", json!(["ada@example.com", null])),
        ("anaconda_onboarding", "released_emails", json!(["KIM@example.com"])),
        ("anaconda_seat", "user_id", json!("ada")),
        ("anaconda_seat", "user_id", json!("")),
        ("anaconda_service_account", "name", json!("CI runner")),
        ("anaconda_service_account", "name", json!("x".repeat(65))),
        ("anaconda_token", "user_id", json!("ada@example.com")),
        ("anaconda_token", "expires_at", json!("2027-01-31")),
        ("anaconda_token", "expiration_tolerance_months", json!(121)),
        ("anaconda_token", "expiration_tolerance_months", json!(0.5)),
        ("anaconda_token", "expiration_tolerance_months", json!(-1)),
        ("anaconda_user", "email", json!("ada")),
        ("anaconda_user", "email", json!("")),
    ];
    for (name, attribute, value) in cases {
        let mut given = example(name, absent_user_id());
        given[attribute] = value.clone();
        let told = validate(&session, name, &object(block(name).await, &given)).await;
        let places: Vec<_> = errors(&told).into_iter().map(place).collect();
        assert_eq!(places, [attribute], "{name} {value}: {told:?}");
    }
}

#[tokio::test]
async fn invalid_block_value_error_has_attribute_path() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut blocks = 0;
    for name in resource_names().await {
        for inner in &block(name).await.block_types {
            let timeouts = inner.block.as_ref().unwrap();
            blocks += 1;
            for attribute in &timeouts.attributes {
                let mut given = example(name, absent_user_id());
                for (value, wrong) in [(json!("soon"), 1), (json!("1h30m"), 0), (unknown(), 0)] {
                    let inside = object(timeouts, &json!({ &attribute.name: value }));
                    given[&inner.type_name] = inside;
                    let config = object(block(name).await, &given);
                    let told = validate(&session, name, &config).await;
                    assert_eq!(errors(&told).len(), wrong, "{name} {value}: {told:?}");
                    let at = format!("{}.{}", inner.type_name, attribute.name);
                    assert!(told.iter().all(|one| place(one) == at), "{told:?}");
                }
            }
        }
    }
    assert!(blocks > 0);
}

#[tokio::test]
async fn conflicting_arguments_are_rejected_in_validation() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let cases = [
        ("anaconda_token", json!({"user_id": absent_user_id()})),
        ("anaconda_token", json!({"user_id": absent_user_id(), "sync_with_subscription": false})),
        (
            "anaconda_token",
            json!({"user_id": absent_user_id(), "sync_with_subscription": true,
                "expires_at": "2090-01-31T00:00:00Z"}),
        ),
        ("anaconda_user", json!({"adopt_existing": true})),
    ];
    for (name, given) in cases {
        let told = validate(&session, name, &object(block(name).await, &given)).await;
        assert_eq!(errors(&told).len(), 1, "{given}: {told:?}");
    }
}
