//! Resources with the sandbox: create, read, import, external deletion, and removal.

use serde_json::{Value, json};

use crate::admin::Organization;
use crate::harness::Launch;
use crate::samples::sample;
use crate::session::{Session, errors};
use crate::terraform::{absent_user_id, block, example, object, resource_names};

#[tokio::test]
async fn resource_lifecycle_works_with_and_without_tls() {
    for launch in [Launch::by_terraform(), Launch::without_tls()] {
        let organization = Organization::start().await;
        let grace = organization.add_user("grace@example.com").await;
        let session = Session::unconfigured(launch).await;
        let block = crate::admin::provider_block(&organization.url());
        assert_eq!(session.configure(&block).await, []);
        for name in resource_names().await {
            let state = session.create(name, &example(name, &grace)).await;
            let read = session.read(name, &state).await;
            let private: Value = serde_json::from_slice(&read.private).unwrap();
            assert_eq!(private["scope"], "sandbox", "what is found is remembered");
            assert_eq!(read.ok(), state, "{name}");
            let gone = session.delete(name, &state).await;
            assert_eq!(gone.ok(), Value::Null);
            // Simulate that another client removed the object first.
            assert_eq!(session.delete(name, &state).await.ok(), Value::Null, "{name}");
            let now = session.read(name, &state).await.ok();
            match name {
                // A revoked token remains in the list, and an onboarding remains without users.
                "anaconda_token" => assert_eq!(now["revoked"], true, "{now}"),
                "anaconda_onboarding" => assert_eq!(now["users"], json!({}), "{now}"),
                _ => assert_eq!(now, Value::Null, "{name}"),
            }
        }
    }
}

#[tokio::test]
async fn created_objects_exist_in_organization() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let state = session.create("anaconda_user", &example("anaconda_user", absent_user_id())).await;
    assert_eq!(state["email"], "Ada@Example.com", "the spelling of the configuration stays");
    assert_eq!(organization.user("ada@example.com").await.unwrap()["id"], state["id"]);
    session.delete("anaconda_user", &state).await.ok();
    assert_eq!(organization.user("ada@example.com").await, None);
}

#[tokio::test]
async fn configured_block_is_kept_in_state() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        for inner in &block(name).await.block_types {
            let mut given = example(name, &grace);
            let timeouts = object(inner.block.as_ref().unwrap(), &json!({}));
            given[&inner.type_name] = timeouts;
            let state = session.create(name, &given).await;
            assert_eq!(session.read(name, &state).await.ok(), state, "{name}");
            given[&inner.type_name]["create"] = "90s".into();
            let plan = session.plan(name, &state, &given).await.unwrap();
            assert!(plan.replace.is_empty(), "{name}: {plan:?}");
            let now = session.apply(name, &state, &plan.state, &given).await.ok();
            assert_eq!(now[&inner.type_name]["create"], "90s", "{name}");
            session.delete(name, &now).await.ok();
        }
    }
}

#[tokio::test]
async fn imported_state_contains_no_secret() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let state = session.create(name, &example(name, &grace)).await;
        for id in (sample(name).import_ids)(&state) {
            let imported = session.import(name, &id).await.unwrap();
            assert_eq!(imported["id"], state["id"], "{name} {id}");
            for secret in ["token", "client_secret"] {
                assert!(imported[secret].is_null(), "{name}");
            }
        }
    }
}

#[tokio::test]
async fn invalid_or_unknown_import_id_is_shown_in_error() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        for id in ["", " ", "x y", "../users", "\u{0}", "a/b/c", absent_user_id(), "no@example.com"]
        {
            let told = session.import(name, id).await.unwrap_err();
            let all = format!("{} {}", told[0].summary, told[0].detail);
            if name == "anaconda_onboarding" {
                assert!(all.contains("does not support import"), "{all}");
                continue;
            }
            assert!(all.contains(id), "{name} {id:?}: {all}");
            assert!(all.contains("mport") || all.contains("Check"), "{name} {id:?}: {all}");
        }
    }
}

#[tokio::test]
async fn deleted_object_leaves_state_with_warning() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let ada = session.create("anaconda_user", &example("anaconda_user", absent_user_id())).await;
    let id = ada["id"].as_str().unwrap();
    let seat = session.create("anaconda_seat", &json!({"user_id": id})).await;
    let token = session.create("anaconda_token", &example("anaconda_token", id)).await;
    organization.call("DELETE", &format!("users/{id}"), Value::Null).await;

    // Use a later run: a run does not treat its own new objects as deleted so soon.
    let later = Session::with(&organization).await;
    for (name, state) in
        [("anaconda_user", ada), ("anaconda_seat", seat), ("anaconda_token", token)]
    {
        let read = later.read(name, &state).await;
        assert_eq!(read.diagnostics.len(), 1, "{name}: {:?}", read.diagnostics);
        assert_eq!(read.ok(), Value::Null, "{name}");
    }
}

#[tokio::test]
async fn own_service_account_removal_is_rejected() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let own = terraform_provider_anaconda::sandbox::Options::default().client_id;
    let state = session.import("anaconda_service_account", &own).await.unwrap();
    let told = session.plan_delete("anaconda_service_account", &state).await;
    assert_eq!(errors(&told).len(), 1);
    let kept = session.delete("anaconda_service_account", &state).await;
    assert_eq!((errors(&kept.diagnostics).len(), &kept.state), (1, &state));
}
