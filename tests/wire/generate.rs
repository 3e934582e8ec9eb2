//! Configurations that Terraform generates for existing objects.

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::proto::tfplugin5::{generate_resource_config, validate_resource_type_config};
use crate::session::Session;
use crate::terraform::{absent_user_id, block, check_names, example, resource_names};
use crate::values::{has_unknown, pack, unpack_some};

/// Requests the configuration of an object. Checks that a user can write it.
async fn generate(session: &Session, name: &str, state: &Value) -> Value {
    let request =
        generate_resource_config::Request { type_name: name.to_owned(), state: Some(pack(state)) };
    let answer = session.client.clone().generate_resource_config(request).await.unwrap();
    let answer = answer.into_inner();
    assert_eq!(answer.diagnostics, []);
    let config = unpack_some(answer.config.as_ref());
    let block = block(name).await;
    check_names(block, &config);
    assert!(!has_unknown(&config), "{config}");
    for attribute in &block.attributes {
        let (now, was) = (&config[&attribute.name], &state[&attribute.name]);
        let settable = attribute.required || attribute.optional;
        assert!(now.is_null() || (settable && now == was), "{name}.{}: {now}", attribute.name);
        assert!(!attribute.required || now == was, "{name}.{}: {now}", attribute.name);
    }
    let request = validate_resource_type_config::Request {
        type_name: name.to_owned(),
        config: Some(pack(&config)),
        ..Default::default()
    };
    let told = session.client.clone().validate_resource_type_config(request).await.unwrap();
    assert_eq!(told.into_inner().diagnostics, [], "{name}: {config}");
    config
}

#[tokio::test]
async fn generated_configuration_is_valid_and_plans_nothing() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let state = session.create(name, &example(name, &grace)).await;
        let config = generate(&session, name, &state).await;
        let plan = session.plan(name, &state, &config).await.unwrap();
        assert_eq!((&plan.state, plan.replace.len()), (&state, 0), "{name}");
    }
}

#[tokio::test]
async fn generated_configuration_omits_attribute_defaults() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for (name, given, written) in [
        ("anaconda_user", json!({"offboard_on_destroy": true}), json!({})),
        (
            "anaconda_user",
            json!({"offboard_on_destroy": false}),
            json!({"offboard_on_destroy": false}),
        ),
        ("anaconda_service_account", json!({"name_prefix": "ci-"}), json!({"name_prefix": "ci-"})),
    ] {
        let state = session.create(name, &given).await;
        let config = generate(&session, name, &state).await;
        let fields = config.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
        let fields: serde_json::Map<_, _> =
            fields.map(|(name, value)| (name.clone(), value.clone())).collect();
        assert_eq!(Value::Object(fields), written, "{name}");
    }
}

#[tokio::test]
async fn generated_token_configuration_has_one_expiration() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    let given = json!({"user_id": grace, "sync_with_subscription": true});
    let state = session.create("anaconda_token", &given).await;
    assert!(state["expires_at"].is_string());
    let config = generate(&session, "anaconda_token", &state).await;
    assert_eq!(
        (&config["expires_at"], &config["sync_with_subscription"]),
        (&Value::Null, &json!(true))
    );
}

#[tokio::test]
async fn imported_object_has_generated_configuration() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let first = Session::with(&organization).await;
    first.create("anaconda_seat", &json!({"user_id": grace})).await;
    first.create("anaconda_token", &example("anaconda_token", &grace)).await;
    let session = Session::with(&organization).await;
    for name in ["anaconda_user", "anaconda_seat", "anaconda_token"] {
        let state = session.import(name, &grace).await.unwrap();
        let config = generate(&session, name, &state).await;
        let plan = session.plan(name, &state, &config).await.unwrap();
        assert!(plan.replace.is_empty(), "{name}: {plan:?}");
    }
    assert!(session.import("anaconda_user", absent_user_id()).await.is_err());
}
