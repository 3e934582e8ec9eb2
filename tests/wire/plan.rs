//! Plans of every resource: new, unchanged, changed in place, replaced, removed.

use serde_json::Value;

use crate::admin::{Organization, provider_block};
use crate::samples::sample;
use crate::session::{Session, errors};
use crate::terraform::{absent_user_id, block, example, resource_names};
use crate::values::{has_unknown, unknown};

fn with(example: &Value, (name, value): (&str, Value)) -> Value {
    let mut changed = example.clone();
    changed[name] = value;
    changed
}

#[tokio::test]
async fn new_object_plan_has_configured_and_unknown_values() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let plan =
            session.plan(name, &Value::Null, &example(name, absent_user_id())).await.unwrap();
        assert_eq!(plan.state[sample(name).known_after_apply], unknown(), "{name}");
        assert!(plan.replace.is_empty() && plan.warnings.is_empty(), "{plan:?}");
    }
    assert_eq!(organization.requests().await, Vec::<String>::new());
}

#[tokio::test]
async fn configuration_of_unknown_values_can_be_planned() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let config = crate::terraform::all_unknown(block(name).await);
        session.plan(name, &Value::Null, &config).await.unwrap();
    }
}

#[tokio::test]
async fn unchanged_object_plans_prior_state() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let state = session.create(name, &example(name, &grace)).await;
        let plan = session.plan(name, &state, &example(name, &grace)).await.unwrap();
        assert_eq!(plan.state, state, "{name}");
        assert!(plan.replace.is_empty() && plan.warnings.is_empty(), "{plan:?}");
    }
}

#[tokio::test]
async fn update_in_place_applies_as_planned() {
    let organization = Organization::start().await;
    let lin = organization.add_user("lin@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let Some(change) = (sample(name).in_place)() else { continue };
        let state = session.create(name, &example(name, &lin)).await;
        let config = with(&example(name, &lin), change);
        let plan = session.plan(name, &state, &config).await.unwrap();
        assert_eq!((&plan.state["id"], plan.replace.len()), (&state["id"], 0), "{name}");
        assert_ne!(plan.state, state);
        let now = session.apply(name, &state, &plan.state, &config).await.ok();
        let again = session.plan(name, &now, &config).await.unwrap();
        assert_eq!((again.state, &now["id"]), (now.clone(), &state["id"]));
        if name == "anaconda_token" {
            assert_eq!(now["token"], state["token"], "the token was issued anew");
        }
    }
}

#[tokio::test]
async fn replacement_plan_names_path_then_creates() {
    let organization = Organization::start().await;
    let lin = organization.add_user("lin@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let Some(change) = (sample(name).replacing)() else { continue };
        let state = session.create(name, &example(name, &lin)).await;
        let config = with(&example(name, &lin), change.clone());
        let session = Session::with(&organization).await;
        let plan = session.plan(name, &state, &config).await.unwrap();
        assert_eq!(plan.replace, [change.0], "{name}");
        let second = session.plan_second(name, &plan, &config).await.unwrap();
        assert_eq!(second.state["id"], unknown(), "{name}");
        // An unknown value might be a different one.
        let session = Session::with(&organization).await;
        let config = with(&example(name, &lin), (change.0, unknown()));
        let plan = session.plan(name, &state, &config).await.unwrap();
        assert_eq!(plan.replace, [change.0], "{name}");
        assert!(has_unknown(&plan.state[change.0]), "{name}");
    }
}

#[tokio::test]
async fn same_inputs_give_same_plan() {
    let organization = Organization::start().await;
    let lin = organization.add_user("lin@example.com").await;
    let (one, other) = (Session::with(&organization).await, Session::with(&organization).await);
    for name in resource_names().await {
        let given = example(name, &lin);
        let new = one.plan(name, &Value::Null, &given).await.unwrap();
        assert_eq!(new.bytes, other.plan(name, &Value::Null, &given).await.unwrap().bytes);
        let state = Session::with(&organization).await.create(name, &given).await;
        let (one, other) = (Session::with(&organization).await, Session::with(&organization).await);
        let changes = (sample(name).in_place)().into_iter().chain((sample(name).replacing)());
        for change in changes {
            let config = with(&given, change);
            let plan = one.plan(name, &state, &config).await.unwrap();
            let again = other.plan(name, &state, &config).await.unwrap();
            assert_eq!((plan.bytes, plan.replace), (again.bytes, again.replace), "{name}");
            assert_eq!(one.configure(&provider_block(&organization.url())).await, []);
            assert_eq!(other.configure(&provider_block(&organization.url())).await, []);
        }
    }
}

#[tokio::test]
async fn planned_removal_returns_null_state() {
    let organization = Organization::start().await;
    let lin = organization.add_user("lin@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let state = session.create(name, &example(name, &lin)).await;
        assert!(errors(&session.plan_delete(name, &state).await).is_empty());
    }
}
