//! Tests every argument of the provider with every value that its type allows. Either validate or
//! plan rejects the value at its path, or the apply succeeds and the next plan has no changes. The
//! provider must not report any value from a user or a state file as a bug.

use std::sync::Arc;

use serde_json::{Value, json};
use tokio::task::JoinSet;

use crate::actions;
use crate::admin::{Organization, provider_block};
use crate::configure::prepare;
use crate::data;
use crate::harness::Launch;
use crate::proto::tfplugin5::schema::Block;
use crate::proto::tfplugin5::{
    Diagnostic, open_ephemeral_resource, validate_ephemeral_resource_config,
};
use crate::query;
use crate::session::{Session, errors, place};
use crate::terraform::{absent_user_id, block, example, object, resource_names};
use crate::upgrade::{stored, upgrade};
use crate::validate::validate;
use crate::values::{NUMBERS, has_unknown, pack, unknown};

/// Returns edge cases of every format that a text can have: an ID, an email address, a date, a
/// duration, or a name.
fn texts() -> Vec<Value> {
    let long = "x".repeat(100_000);
    let name_of_64 = "n".repeat(64);
    let texts = [
        "",
        " ",
        "a",
        "CI runner",
        "a\u{200b}da@example.com",
        "ada@example.com\n",
        "Eve@EXAMPLE.com",
        "\u{fc}ber@ex\u{e4}mple.de",
        "ada@example.com,",
        "0F1E2D3C-4B5A-4697-8877-665544332211",
        "{0f1e2d3c-4b5a-4697-8877-665544332211}",
        "../../users",
        "2090-01-31t00:00:00z",
        "2090-01-31T00:00:00.123456789+23:59",
        "2090-01-31 00:00:00Z",
        "2090-06-30T23:59:60Z",
        "9999-12-31T23:59:59Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00Z",
        "10000-01-01T00:00:00Z",
        "0s",
        "-1s",
        "1.5h",
        "1h30m",
        "2562047h47m16.854775807s",
        "2562047788015215h",
        "2562047788015216h",
        "null",
        "${var.x} %{if} \" \\ '",
        "\u{202e}\u{feff}\u{1f40d}\u{e0001}\0\u{1}",
        "e\u{301}\u{fb03}\u{130}\u{1e9e}",
        "https://[::1",
        "https://example.com:99999/",
        "file:/nowhere",
        "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
        "(a{1000}){1000}{1000}",
        "member",
    ];
    texts.iter().copied().chain([&*long, &*name_of_64]).map(Value::from).collect()
}

/// Returns numbers as Terraform sends them. A number that fits neither an `i64` nor an `f64` is
/// text.
fn numbers() -> Vec<Value> {
    let digits = "1".repeat(400);
    vec![
        json!(0),
        json!(1),
        json!(-1),
        json!(120),
        json!(5000),
        json!(1.5),
        json!("0.1"),
        json!(i64::MAX),
        json!(i64::MIN),
        json!("18446744073709551616"),
        json!("-0.00000000000000000000000000000000000000000000000001"),
        json!(1e300),
        json!(digits),
    ]
}

/// Returns values of a type, including null and unknown. Collections also contain null and unknown
/// elements.
fn values(kind: &[u8]) -> Vec<Value> {
    let kind: Value = serde_json::from_slice(kind).unwrap();
    let mut all = vec![Value::Null, unknown()];
    match (kind.as_str(), kind[0].as_str()) {
        (Some("string"), _) => all.extend(texts()),
        (Some("bool"), _) => all.extend([json!(true), json!(false)]),
        (Some("number"), _) => all.extend(numbers()),
        (_, Some("map")) => {
            let many: Value = (0..200).map(|i| (i.to_string(), json!("v"))).collect();
            let odd = texts().into_iter().map(|text| {
                let key: String = text.as_str().unwrap().chars().take(100).collect();
                json!({ key: text })
            });
            all.extend([json!({}), many, json!({"a": null}), json!({"a": unknown(), "b": null})]);
            all.extend(odd);
        }
        (_, Some("set" | "list")) => {
            all.extend([json!([]), json!([null]), json!(["ada@example.com", null])]);
            all.extend([json!([unknown()]), json!(["ada@example.com", unknown(), null])]);
            all.push(json!(["ada@example.com", "Ada@Example.COM"]));
            all.extend(texts().into_iter().map(|text| json!(["eva@example.com", text])));
        }
        other => panic!("{other:?} needs values here"),
    }
    all
}

/// Returns the arguments of a block, each with its path and its type.
fn arguments(block: &Block) -> Vec<(Vec<String>, Vec<u8>)> {
    let settable = |block: &Block| -> Vec<_> {
        let all = block.attributes.iter().filter(|a| a.required || a.optional);
        all.map(|a| (a.name.clone(), a.r#type.clone())).collect()
    };
    let mut found: Vec<_> =
        settable(block).into_iter().map(|(name, kind)| (vec![name], kind)).collect();
    for inner in &block.block_types {
        for (name, kind) in settable(inner.block.as_ref().unwrap()) {
            found.push((vec![inner.type_name.clone(), name], kind));
        }
    }
    found
}

/// Returns the configuration with this value at `path`.
fn with(block: &Block, base: &Value, path: &[String], value: &Value) -> Value {
    let mut given = base.clone();
    match path {
        [name] => given[name] = value.clone(),
        [outer, name] => {
            let inner = block.block_types.iter().find(|it| it.type_name == *outer).unwrap();
            given[outer] = object(inner.block.as_ref().unwrap(), &json!({ name: value }));
        }
        _ => panic!("a deeper path than any"),
    }
    given
}

/// Checks the diagnostics for a value. They must not report a bug, and the errors must name the
/// path of the value. Returns whether there are errors.
#[track_caller]
fn judged(told: &[Diagnostic], path: &[String], what: &str) -> bool {
    let path = path.join(".");
    for one in told {
        assert_ne!(one.summary, "Bug in the provider", "{what}: {one:?}");
        assert_ne!(one.summary, "Unable to read value", "{what}: {one:?}");
    }
    let errors = errors(told);
    // If two arguments exclude each other, the error can be at the other one.
    let here = |one: &&Diagnostic| place(one).starts_with(&path) || one.detail.contains(&path);
    assert!(errors.is_empty() || errors.iter().any(here), "{what}: {told:?}");
    !errors.is_empty()
}

/// Returns a short text for a value, with special characters escaped.
fn shown(value: &Value) -> String {
    format!("{value:?}").chars().take(120).collect()
}

/// Returns configurations of a resource that together allow setting each argument separately.
fn bases(name: &str, user: &str) -> Vec<Value> {
    let mut all = vec![example(name, user)];
    match name {
        "anaconda_onboarding" => all[0]["timeouts"] = Value::Null,
        "anaconda_service_account" => all.push(json!({"name_prefix": "ci-"})),
        "anaconda_token" => {
            all.push(json!({"user_id": user, "sync_with_subscription": true}));
            all.push(json!({"user_id": user, "sync_with_subscription": true,
                "early_renewal_hours": 24}));
        }
        "anaconda_user" => all.push(json!({"first_name": "Jupyter", "last_name": "1"})),
        _ => {}
    }
    all
}

/// Plans, applies, and destroys one configuration in an organization at `url`. Returns whether the
/// apply succeeded.
async fn live(session: &Session, url: &str, name: &str, path: &[String], given: &Value) -> bool {
    // Each value gets its own run, because one plan cannot add an object twice.
    assert_eq!(session.configure(&provider_block(url)).await, []);
    let what = format!("{name}.{} = {}", path.join("."), shown(given));
    let config = object(block(name).await, given);
    let told = validate(session, name, &config).await;
    if judged(&told, path, &what) {
        return false;
    }
    let plan = match session.plan(name, &Value::Null, given).await {
        Ok(plan) => plan,
        Err(told) => {
            judged(&told, path, &what);
            return false;
        }
    };
    if has_unknown(given) {
        return false;
    }
    let applied = session.apply(name, &Value::Null, &plan.state, given).await;
    if let [one, ..] = errors(&applied.diagnostics)[..] {
        // Only the organization knows that this user does not exist.
        assert_eq!(
            (&*one.summary, place(one)),
            ("User not found", "user_id".to_owned()),
            "{what}: {one:?}"
        );
        return false;
    }
    let mut state = applied.state;
    if given["wait_for_completion"] == false {
        state = session.read(name, &state).await.ok(); // The invited users exist by now.
    }
    assert_eq!(session.read(name, &state).await.ok(), state, "{what}: a look changes it");
    let again = session.plan(name, &state, given).await.unwrap();
    assert!(again.state == state && again.replace.is_empty(), "{what}: the plan is not empty");
    let base = block(name).await;
    if given.pointer(&format!("/{}", path.join("/"))) == Some(&json!({})) {
        let none = session.plan(name, &state, &with(base, given, path, &Value::Null)).await;
        assert!(none.unwrap().replace.is_empty(), "{what}: none is another value");
    }
    // A plan can contain unknown values for an existing object too.
    drop(session.plan(name, &state, &with(base, given, path, &unknown())).await);
    session.delete(name, &state).await.ok();
    true
}

#[tokio::test]
async fn every_resource_value_works_or_fails_at_path() {
    // Run the tests concurrently, each in its own organization, because some of them wait.
    let mut running = JoinSet::new();
    for name in resource_names().await {
        for base in 0..bases(name, absent_user_id()).len() {
            running.spawn(live_with_every_value(name, base));
        }
    }
    let applied: usize = running.join_all().await.into_iter().sum();
    assert!(applied > 100, "only {applied} values were fit to be applied");
}

/// Tests all values of a resource, each in the configuration `base`. Returns the number of applied
/// values.
async fn live_with_every_value(name: &'static str, base: usize) -> usize {
    let organization = Organization::start().await;
    organization.call("PATCH", "settings", json!({"seats": 1000})).await;
    let user = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    let base = bases(name, &user).swap_remove(base);
    let block = block(name).await;
    let mut applied = 0;
    for (path, kind) in arguments(block) {
        let mut all = values(&kind);
        if path[0] == "user_id" {
            all.push(json!(user.to_uppercase()));
        }
        for value in all {
            let given = with(block, &base, &path, &value);
            let lives = live(&session, &organization.url(), name, &path, &given).await;
            applied += usize::from(lives);
        }
    }
    applied
}

/// A stored value might be unchanged, have another value of its type, or have another type.
#[tokio::test]
async fn every_stored_value_works_or_fails_with_advice() {
    let organization = Organization::start().await;
    let user = organization.add_user("grace@example.com").await;
    let session = Session::with(&organization).await;
    for name in resource_names().await {
        let given = example(name, &user);
        let state = session.create(name, &given).await;
        let block = block(name).await;
        for attribute in &block.attributes {
            let mut damaged = vec![None];
            let odd = values(&attribute.type_of_values()).into_iter();
            damaged.extend(odd.filter(|value| !has_unknown(value)).map(Some));
            for value in damaged {
                let mut other = state.clone();
                let fields = other.as_object_mut().unwrap();
                match &value {
                    Some(value) => drop(fields.insert(attribute.name.clone(), value.clone())),
                    None => drop(fields.remove(&attribute.name)),
                }
                let what = format!("{name}.{} = {}", attribute.name, shown(&json!(value)));
                let refused = judge_stored(&session, name, &given, other, &what).await;
                // A state can lack arguments that have a default: a later version might have added
                // them.
                let has_default = attribute.optional && attribute.r#type != b"\"string\"";
                let is_older = value.is_none() && has_default;
                assert!(!(is_older && refused), "{what}: a state without it is refused");
            }
        }
        session.delete(name, &state).await.ok();
    }
}

/// Upgrades, refreshes, and plans a stored object, including a plan to destroy it. Returns whether
/// a step returned an error.
async fn judge_stored(
    session: &Session,
    name: &str,
    given: &Value,
    state: Value,
    what: &str,
) -> bool {
    let mut refused = false;
    let mut is_way_out = |told: &[Diagnostic]| {
        for one in errors(told) {
            refused = true;
            assert_ne!(one.summary, "Bug in the provider", "{what}: {one:?}");
            assert_ne!(one.summary, "Unable to read value", "{what}: {one:?}");
        }
    };
    let state = match upgrade(session, name, 0, stored(&state)).await {
        Ok(state) => state,
        Err(told) => {
            assert!(told.starts_with("Unable to read state"), "{what}: {told}");
            return true;
        }
    };
    let read = session.read(name, &state).await;
    is_way_out(&read.diagnostics);
    if let Err(told) = session.plan(name, &state, given).await {
        is_way_out(&told);
    }
    is_way_out(&session.plan_delete(name, &state).await);
    refused
}

/// Type of the values that a state can hold at an attribute. Returns a string type for nested
/// objects.
trait Kind {
    fn type_of_values(&self) -> Vec<u8>;
}

impl Kind for crate::proto::tfplugin5::schema::Attribute {
    fn type_of_values(&self) -> Vec<u8> {
        let simple = |kind: &[u8]| !kind.windows(6).any(|part| part == b"object");
        if simple(&self.r#type) { self.r#type.clone() } else { b"\"string\"".to_vec() }
    }
}

#[tokio::test]
async fn every_provider_value_works_or_fails_at_path() {
    let organization = Organization::start().await;
    let base = provider_block(&organization.url());
    let block = block("").await;
    let session = Session::unconfigured(Launch::by_terraform()).await;
    for (path, kind) in arguments(block) {
        for value in values(&kind) {
            let what = format!("provider.{} = {}", path.join("."), shown(&value));
            let given = with(block, &base, &path, &value);
            let told = prepare(&session, &object(block, &given)).await;
            assert!(told.iter().all(|(at, _)| at.starts_with(&path[0])), "{what}: {told:?}");
            if told.is_empty() {
                judged(&session.configure(&given).await, &path, &what);
            }
        }
    }
}

#[tokio::test]
async fn every_data_source_value_works_or_fails() {
    let organization = Organization::start().await;
    let session = Arc::new(Session::with(&organization).await);
    // Run the tests concurrently, because the provider retries a lookup without a result after a
    // pause.
    let mut running = JoinSet::new();
    for name in data::names().await {
        let block = data::block(name).await;
        for (path, kind) in arguments(block) {
            for base in [data::example(name), json!({})] {
                for value in values(&kind) {
                    let what = format!("data.{name}.{} = {}", path.join("."), shown(&value));
                    let given = with(block, &base, &path, &value);
                    running.spawn(look(Arc::clone(&session), name, given, what));
                }
            }
        }
    }
    running.join_all().await;
}

async fn look(session: Arc<Session>, name: &'static str, given: Value, what: String) {
    let config = object(data::block(name).await, &given);
    let told = data::validate(&session, name, &config).await;
    assert!(told.iter().all(|one| one.summary != "Bug in the provider"), "{what}");
    if errors(&told).is_empty()
        && !has_unknown(&given)
        && let Err(told) = data::read(&session, name, &given).await
    {
        assert_ne!(told[0].summary, "Bug in the provider", "{what}: {told:?}");
    }
}

#[tokio::test]
async fn every_action_value_works_or_fails_at_path() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for name in actions::names().await {
        let block = actions::block(name).await;
        for (path, kind) in arguments(block) {
            for value in values(&kind) {
                let what = format!("action.{name}.{} = {}", path.join("."), shown(&value));
                let given = with(block, &actions::example(name, absent_user_id()), &path, &value);
                let config = object(block, &given);
                let refused = judged(&actions::check(&session, name, &config).await, &path, &what);
                if !refused && !has_unknown(&given) {
                    let (_, told) = actions::invoke_raw(&session, name, pack(&config)).await;
                    let bug = told.iter().any(|one| one.summary == "Bug in the provider");
                    assert!(!bug, "{what}: {told:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn every_list_value_works_or_fails_at_path() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    for name in query::names().await {
        let block = query::filters(name).await;
        for (path, kind) in arguments(block) {
            for value in values(&kind) {
                let what = format!("list.{name}.{} = {}", path.join("."), shown(&value));
                let given = with(block, &json!({}), &path, &value);
                let config = object(block, &given);
                let told = query::validate(&session, name, &config).await;
                if judged(&told, &path, &what) || has_unknown(&given) {
                    continue;
                }
                let request = query::request(name, &given, 5).await;
                for event in query::events(&session, request).await {
                    judged(&event.diagnostic, &path, &what);
                }
            }
        }
    }
}

#[tokio::test]
async fn every_grant_value_works_or_fails_at_path() {
    let organization = Organization::start().await;
    let session = Session::with(&organization).await;
    let schemas = &crate::terraform::schemas().await.ephemeral_resource_schemas;
    for (name, schema) in schemas {
        let block = schema.block.as_ref().unwrap();
        for (path, kind) in arguments(block) {
            for value in values(&kind) {
                let what = format!("ephemeral.{name}.{} = {}", path.join("."), shown(&value));
                let config = object(block, &with(block, &json!({}), &path, &value));
                let request = validate_ephemeral_resource_config::Request {
                    type_name: name.clone(),
                    config: Some(pack(&config)),
                };
                let mut client = session.client.clone();
                let told = client.validate_ephemeral_resource_config(request).await.unwrap();
                if judged(&told.into_inner().diagnostics, &path, &what) || has_unknown(&config) {
                    continue;
                }
                let request = open_ephemeral_resource::Request {
                    type_name: name.clone(),
                    config: Some(pack(&config)),
                    ..Default::default()
                };
                let opened = client.open_ephemeral_resource(request).await.unwrap();
                judged(&opened.into_inner().diagnostics, &path, &what);
            }
        }
    }
}

#[tokio::test]
async fn null_required_argument_returns_error() {
    let session = Session::unconfigured(Launch::by_terraform()).await;
    let mut found = 0;
    for name in resource_names().await {
        let block = block(name).await;
        for attribute in block.attributes.iter().filter(|attribute| attribute.required) {
            let mut config = object(block, &example(name, absent_user_id()));
            config[&attribute.name] = Value::Null;
            let told = validate(&session, name, &config).await;
            let [one] = errors(&told)[..] else { panic!("{name}: {told:?}") };
            assert_eq!(
                (place(one), &*one.summary),
                (attribute.name.clone(), "Missing required argument")
            );
            assert!(one.detail.contains("must be set"), "{one:?}");
            found += 1;
        }
    }
    assert!(found >= 3);
}

#[tokio::test]
async fn every_number_attribute_has_test_values() {
    let schemas = crate::terraform::schemas().await;
    let answered = schemas.resource_schemas.values().chain(schemas.data_source_schemas.values());
    let mut found: Vec<_> = answered
        .flat_map(|schema| &schema.block.as_ref().unwrap().attributes)
        .filter(|attribute| attribute.r#type.windows(8).any(|part| part == b"\"number\""))
        .map(|attribute| attribute.name.as_str())
        .collect();
    found.sort_unstable();
    found.dedup();
    assert_eq!(found, NUMBERS);
}
