//! Ephemeral resources: open, renew, and close.

use serde_json::{Value, json};

use crate::admin::{Organization, provider_block};
use crate::harness::Launch;
use crate::proto::tfplugin5::{
    Diagnostic, close_ephemeral_resource, open_ephemeral_resource, renew_ephemeral_resource,
    validate_ephemeral_resource_config,
};
use crate::proxy::{Fault, FaultProxy};
use crate::session::{Session, errors, place};
use crate::terraform::{check_plan, object, schemas};
use crate::values::{has_unknown, pack, unknown, unpack_some};

const NAME: &str = "anaconda_access_token";

/// Opens the ephemeral resource, and checks the response as Terraform does.
async fn open(session: &Session, grant: &str) -> Result<Value, Vec<Diagnostic>> {
    let block = schemas().await.ephemeral_resource_schemas[NAME].block.as_ref().unwrap();
    let config = object(block, &json!({"grant": grant}));
    let request = open_ephemeral_resource::Request {
        type_name: NAME.to_owned(),
        config: Some(pack(&config)),
        ..Default::default()
    };
    let answer = session.client.clone().open_ephemeral_resource(request).await.unwrap();
    let answer = answer.into_inner();
    // The response requests no renewal and contains no private data.
    assert_eq!((&answer.renew_at, &answer.deferred), (&None, &None));
    assert!(answer.private.as_deref().is_none_or(<[u8]>::is_empty));
    if !errors(&answer.diagnostics).is_empty() {
        assert_eq!(answer.result, None);
        return Err(answer.diagnostics);
    }
    let result = unpack_some(answer.result.as_ref());
    check_plan(block, &config, &Value::Null, &result);
    assert!(!has_unknown(&result), "{result}");
    Ok(result)
}

async fn close(session: &Session) -> Vec<Diagnostic> {
    let request =
        close_ephemeral_resource::Request { type_name: NAME.to_owned(), ..Default::default() };
    let answer = session.client.clone().close_ephemeral_resource(request).await.unwrap();
    answer.into_inner().diagnostics
}

async fn renew(session: &Session) -> renew_ephemeral_resource::Response {
    let request =
        renew_ephemeral_resource::Request { type_name: NAME.to_owned(), ..Default::default() };
    session.client.clone().renew_ephemeral_resource(request).await.unwrap().into_inner()
}

#[tokio::test]
async fn access_token_is_opened_per_grant_and_unlogged() {
    let organization = Organization::start().await;
    let launch = Launch::by_terraform().env("TF_LOG", "TRACE").env("TF_LOG_SDK", "TRACE");
    let mut session = Session::unconfigured(launch).await;
    assert_eq!(session.configure(&provider_block(&organization.url())).await, []);
    let mut bearers = Vec::new();
    for grant in ["service_account", "admin"] {
        let opened = open(&session, grant).await.unwrap();
        assert_eq!((&opened["grant"], &opened["token_type"]), (&grant.into(), &"Bearer".into()));
        assert!(opened["expires_at"].as_str().unwrap().ends_with('Z'), "{}", opened["expires_at"]);
        bearers.push(opened["access_token"].clone());
    }
    let real = organization.call("GET", "secrets", Value::Null).await;
    assert!(bearers.iter().all(|bearer| real.as_array().unwrap().contains(bearer)));
    assert_ne!(bearers[0], bearers[1]);
    assert!(session.plugin.shutdown().await.success());
    let log = session.plugin.stderr();
    assert!(log.contains("OpenEphemeralResource"), "the log says nothing");
    assert!(!bearers.iter().any(|bearer| log.contains(bearer.as_str().unwrap())));
}

#[tokio::test]
async fn ephemeral_resource_renews_and_closes_repeatedly() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    open(&session, "admin").await.unwrap();
    for _ in 0..2 {
        assert_eq!(renew(&session).await, renew_ephemeral_resource::Response::default());
    }
    for _ in 0..2 {
        assert_eq!(close(&session).await, []);
    }
    // Terraform might close the resource in a process that it did not configure.
    assert_eq!(close(&Session::unconfigured(Launch::by_terraform()).await).await, []);
}

#[tokio::test]
async fn failed_ephemeral_open_returns_error() {
    let organization = Organization::start().await;
    let proxy = FaultProxy::start(&organization.url()).await;
    proxy.inject("POST *", [Fault::Answer(401, "")]);
    let refused = Session::at(&proxy.url()).await;
    let unconfigured = Session::unconfigured(Launch::by_terraform()).await;
    for session in [&refused, &unconfigured] {
        for grant in ["service_account", "admin"] {
            assert_eq!(errors(&open(session, grant).await.unwrap_err()).len(), 1, "{grant}");
        }
    }
}

#[tokio::test]
async fn unknown_grant_error_has_attribute_path() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let block = schemas().await.ephemeral_resource_schemas[NAME].block.as_ref().unwrap();
    for (grant, places) in [("root".into(), vec!["grant"]), (unknown(), vec![])] {
        let request = validate_ephemeral_resource_config::Request {
            type_name: NAME.to_owned(),
            config: Some(pack(&object(block, &json!({"grant": grant})))),
        };
        let answer = session.client.clone().validate_ephemeral_resource_config(request).await;
        let told = answer.unwrap().into_inner().diagnostics;
        assert_eq!(errors(&told).into_iter().map(place).collect::<Vec<_>>(), places);
    }
}
