//! Resource identities: every response contains one, and an import accepts it.

use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::admin::Organization;
use crate::harness::{Launch, Plugin};
use crate::proto::tfplugin5::{
    Diagnostic, RawState, ResourceIdentityData, ResourceIdentitySchema, apply_resource_change,
    get_resource_identity_schemas, import_resource_state, plan_resource_change, read_resource,
    upgrade_resource_identity,
};
use crate::samples::sample;
use crate::session::{Session, errors};
use crate::terraform::{
    absent_user_id, block, check_names, example, object, propose, resource_names,
};
use crate::values::{pack, unpack_some};

/// Returns the identity schemas. One request serves all tests.
async fn schemas() -> &'static get_resource_identity_schemas::Response {
    static OFFER: OnceCell<get_resource_identity_schemas::Response> = OnceCell::const_new();
    OFFER
        .get_or_init(|| async {
            let request = get_resource_identity_schemas::Request {};
            let plugin = Plugin::start().await;
            plugin.client().await.get_resource_identity_schemas(request).await.unwrap().into_inner()
        })
        .await
}

async fn schema(name: &str) -> &'static ResourceIdentitySchema {
    &schemas().await.identity_schemas[name]
}

/// Returns the resources that have an identity. An onboarding has none, because nothing
/// distinguishes two of them.
async fn identified() -> Vec<&'static str> {
    let names = resource_names().await;
    names.into_iter().filter(|name| *name != "anaconda_onboarding").collect()
}

/// Checks an identity as Terraform does: it has all attributes of the schema, all are known, and
/// there are no others.
pub(crate) async fn check_identity(name: &str, sent: Option<&ResourceIdentityData>) -> Value {
    let sent = sent.unwrap_or_else(|| panic!("{name}: no identity"));
    let identity = unpack_some(sent.identity_data.as_ref());
    let fields = identity.as_object().unwrap_or_else(|| panic!("{name}: {identity}"));
    let mut names: Vec<_> =
        schema(name).await.identity_attributes.iter().map(|one| one.name.as_str()).collect();
    names.sort_unstable();
    assert!(fields.keys().eq(names), "{name}: {identity}");
    assert!(fields.values().all(|value| value.as_str().is_some_and(|text| !text.is_empty())));
    identity
}

fn sent(identity: &Value) -> ResourceIdentityData {
    ResourceIdentityData { identity_data: Some(pack(identity)) }
}

/// Returns the expected identity of an object.
fn expected(name: &str, state: &Value) -> Value {
    (sample(name).identity)(state)
}

/// Imports, and reads as Terraform does after it. Both must return the same identity.
async fn import(
    session: &Session,
    request: import_resource_state::Request,
) -> Result<(Value, Value), Vec<Diagnostic>> {
    let name = request.type_name.clone();
    let answer = session.client.clone().import_resource_state(request).await.unwrap().into_inner();
    if !errors(&answer.diagnostics).is_empty() {
        assert_eq!(answer.imported_resources, []);
        return Err(answer.diagnostics);
    }
    let [imported] = answer.imported_resources.as_slice() else { panic!("{answer:?}") };
    let identity = check_identity(&name, imported.identity.as_ref()).await;
    let (state, read) =
        read(session, &name, imported.state.clone(), imported.identity.clone()).await;
    assert_eq!(read.as_ref(), Some(&identity));
    Ok((state, identity))
}

/// Imports an object by its identity. Returns its state and its identity.
pub(crate) async fn import_by(
    session: &Session,
    name: &str,
    identity: &Value,
) -> Result<(Value, Value), Vec<Diagnostic>> {
    let request = import_resource_state::Request {
        type_name: name.to_owned(),
        identity: Some(sent(identity)),
        ..Default::default()
    };
    import(session, request).await
}

async fn read(
    session: &Session,
    name: &str,
    state: Option<crate::proto::tfplugin5::DynamicValue>,
    identity: Option<ResourceIdentityData>,
) -> (Value, Option<Value>) {
    let request = read_resource::Request {
        type_name: name.to_owned(),
        current_state: state,
        current_identity: identity,
        ..Default::default()
    };
    let answer = session.client.clone().read_resource(request).await.unwrap().into_inner();
    assert!(errors(&answer.diagnostics).is_empty(), "{:?}", answer.diagnostics);
    let state = unpack_some(answer.new_state.as_ref());
    check_names(block(name).await, &state);
    match answer.new_identity {
        None => (state, None),
        some => (state, Some(check_identity(name, some.as_ref()).await)),
    }
}

/// Plans and applies. Returns the state, and the identities in the plan and in the result.
async fn apply(
    session: &Session,
    name: &str,
    prior: &Value,
    identity: Option<ResourceIdentityData>,
    given: &Value,
) -> (Value, Option<ResourceIdentityData>, Option<ResourceIdentityData>) {
    let block = block(name).await;
    let config = if given.is_null() { Value::Null } else { object(block, given) };
    let proposed = if given.is_null() { Value::Null } else { propose(block, &config, prior) };
    let request = plan_resource_change::Request {
        type_name: name.to_owned(),
        prior_state: Some(pack(prior)),
        proposed_new_state: Some(pack(&proposed)),
        config: Some(pack(&config)),
        prior_identity: identity,
        ..Default::default()
    };
    let plan = session.client.clone().plan_resource_change(request).await.unwrap().into_inner();
    assert!(errors(&plan.diagnostics).is_empty(), "{:?}", plan.diagnostics);
    let request = apply_resource_change::Request {
        type_name: name.to_owned(),
        prior_state: Some(pack(prior)),
        planned_state: plan.planned_state,
        config: Some(pack(&config)),
        planned_identity: plan.planned_identity.clone(),
        ..Default::default()
    };
    let done = session.client.clone().apply_resource_change(request).await.unwrap().into_inner();
    assert!(errors(&done.diagnostics).is_empty(), "{:?}", done.diagnostics);
    (unpack_some(done.new_state.as_ref()), plan.planned_identity, done.new_identity)
}

#[tokio::test]
async fn identity_schemas_follow_terraform_rules() {
    assert_eq!(schemas().await.diagnostics, [], "an error here makes the provider unusable");
    let mut names: Vec<_> = schemas().await.identity_schemas.keys().collect();
    names.sort_unstable();
    assert_eq!(names, identified().await);
    for (name, schema) in &schemas().await.identity_schemas {
        assert_eq!(schema.version, 0, "{name}");
        let mut names = std::collections::BTreeSet::new();
        for attribute in &schema.identity_attributes {
            let at = format!("{name}.{}", attribute.name);
            assert!(names.insert(&attribute.name), "{at} is there twice");
            assert_ne!(attribute.required_for_import, attribute.optional_for_import, "{at}");
            assert_eq!(attribute.r#type, b"\"string\"", "{at}");
            assert!(!attribute.description.is_empty(), "{at}");
        }
        assert!(schema.identity_attributes.iter().any(|one| one.required_for_import), "{name}");
    }
}

#[tokio::test]
async fn object_gets_identity_on_create_and_keeps_it() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in identified().await {
        let given = example(name, &grace);
        let (state, planned, made) = apply(&session, name, &Value::Null, None, &given).await;
        assert_eq!(planned, None, "{name}: nobody knows it yet");
        assert_eq!(check_identity(name, made.as_ref()).await, expected(name, &state));

        let (_, echoed) = read(&session, name, Some(pack(&state)), made.clone()).await;
        assert_eq!(echoed, Some(expected(name, &state)), "{name}");
        // Simulate a state from before the provider had identities.
        let (_, first) = read(&session, name, Some(pack(&state)), None).await;
        assert_eq!(first, Some(expected(name, &state)), "{name}");

        let (now, planned, kept) = apply(&session, name, &state, made.clone(), &given).await;
        assert_eq!((&planned, &kept, &now), (&made, &made, &state), "{name}");
        let (gone, _, left) = apply(&session, name, &state, made, &Value::Null).await;
        assert_eq!((gone, left), (Value::Null, None), "{name}");
    }
}

#[tokio::test]
async fn update_in_place_keeps_identity() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    let given = example("anaconda_token", &grace);
    let (state, _, made) = apply(&session, "anaconda_token", &Value::Null, None, &given).await;
    let given = json!({"user_id": grace, "expires_at": "2091-01-01T00:00:00Z"});
    let changed = apply(&session, "anaconda_token", &state, made.clone(), &given).await;
    assert_ne!(changed.0, state);
    assert_eq!((&changed.1, &changed.2), (&made, &made));
    // An object whose state has no identity gets one.
    let (_, planned, first) = apply(&session, "anaconda_token", &state, None, &given).await;
    assert_eq!((planned, first), (None, made));
}

#[tokio::test]
async fn resource_without_identity_returns_none() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let name = "anaconda_onboarding";
    let (state, _, made) =
        apply(&session, name, &Value::Null, None, &example(name, absent_user_id())).await;
    assert_eq!(made, None);
    assert_eq!(read(&session, name, Some(pack(&state)), None).await.1, None);
    let identity = json!({"id": "x"});
    let told = import_by(&session, name, &identity).await.unwrap_err();
    assert_eq!(errors(&told).len(), 1);
}

#[tokio::test]
async fn imports_by_id_and_identity_are_equal() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in identified().await {
        let made = session.create(name, &example(name, &grace)).await;
        let identity = expected(name, &made);
        let id = match name {
            "anaconda_token" => format!("{grace}/{}", made["id"].as_str().unwrap()),
            _ => made["id"].as_str().unwrap().to_owned(),
        };
        let by_id =
            import_resource_state::Request { type_name: name.to_owned(), id, ..Default::default() };
        let by_id = import(&session, by_id).await.unwrap();
        assert_eq!(by_id.1, identity, "{name}");
        let by_identity = import_by(&session, name, &identity).await.unwrap();
        assert_eq!(by_identity, by_id, "{name}");
        // The import can omit the organization ID.
        let mut short = identity.clone();
        short["organization_id"] = Value::Null;
        assert_eq!(import_by(&session, name, &short).await.unwrap(), by_id, "{name}");
    }
}

#[tokio::test]
async fn identity_of_other_organization_is_rejected() {
    let organization = Organization::start().await;
    let grace = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    let unconfigured = Session::unconfigured(Launch::by_terraform()).await;
    for name in identified().await {
        let made = session.create(name, &example(name, &grace)).await;
        let good = expected(name, &made);
        let mut other = good.clone();
        other["organization_id"] = "elsewhere".into();
        let told = import_by(&session, name, &other).await.unwrap_err();
        assert!(told[0].detail.contains("elsewhere") && told[0].detail.contains("sandbox"));
        assert_eq!(import_by(&unconfigured, name, &good).await.unwrap_err().len(), 1);

        for nothing in [json!(absent_user_id()), json!("x y"), json!(""), Value::Null] {
            let mut wrong = good.clone();
            for (field, value) in wrong.as_object_mut().unwrap() {
                if field != "organization_id" {
                    *value = nothing.clone();
                }
            }
            let told = import_by(&session, name, &wrong).await;
            assert_eq!(told.unwrap_err().len(), 1, "{name}: {wrong}");
        }
        for bare in [Value::Null, json!({}), json!({"snake": "x"}), json!([])] {
            let told = import_by(&session, name, &bare).await;
            assert_eq!(told.unwrap_err().len(), 1, "{name}: {bare}");
        }
    }
}

#[tokio::test]
async fn stored_identity_is_read_and_newer_is_rejected() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let upgrade = async |name: &str, version: i64, json: Vec<u8>| {
        let request = upgrade_resource_identity::Request {
            type_name: name.to_owned(),
            version,
            raw_identity: Some(RawState { json, ..Default::default() }),
        };
        let answer = session.client.clone().upgrade_resource_identity(request).await;
        answer.unwrap().into_inner()
    };
    for name in identified().await {
        let state = json!({"id": "x", "user_id": "y"});
        let stored = expected(name, &state);
        let answer = upgrade(name, 0, stored.to_string().into_bytes()).await;
        assert_eq!(answer.diagnostics, []);
        assert_eq!(check_identity(name, answer.upgraded_identity.as_ref()).await, stored);
        for (version, bytes) in [(1, stored.to_string().into_bytes()), (0, b"[".to_vec())] {
            let refused = upgrade(name, version, bytes).await;
            assert_eq!((errors(&refused.diagnostics).len(), refused.upgraded_identity), (1, None));
        }
    }
}
