//! Operations of Terraform itself: it merges the proposed state, and checks plans and results.
//!
//! If a provider violates one of these rules, Terraform reports the error to the user.

use std::sync::OnceLock;

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::harness::Plugin;
use crate::proto::tfplugin5::schema::{Attribute, Block};
use crate::proto::tfplugin5::{Schema, get_provider_schema};
use crate::samples::sample;
use crate::values::{has_unknown, unknown};

/// Returns the schemas. One request to a separate process serves all tests. No plugin of a test
/// receives a schema request, as with Terraform v1.6 and later.
pub(crate) async fn schemas() -> &'static get_provider_schema::Response {
    static OFFER: OnceCell<get_provider_schema::Response> = OnceCell::const_new();
    OFFER
        .get_or_init(|| async {
            let plugin = Plugin::start().await;
            let request = get_provider_schema::Request {};
            plugin.client().await.get_schema(request).await.unwrap().into_inner()
        })
        .await
}

/// Returns the names of all resources.
pub(crate) async fn resource_names() -> Vec<&'static str> {
    schemas().await.resource_schemas.keys().map(String::as_str).collect()
}

/// Returns the block of a resource, or of the provider if the name is empty.
pub(crate) async fn block(name: &str) -> &'static Block {
    let offer = schemas().await;
    let schema: Option<&Schema> =
        if name.is_empty() { offer.provider.as_ref() } else { offer.resource_schemas.get(name) };
    schema.and_then(|schema| schema.block.as_ref()).unwrap_or_else(|| panic!("no {name:?}"))
}

/// Returns an object for a block. Missing attributes are null.
pub(crate) fn object(block: &Block, given: &Value) -> Value {
    let mut fields = every(block, &Value::Null);
    for (name, value) in given.as_object().unwrap() {
        let replaced = fields.insert(name.clone(), value.clone());
        assert!(replaced.is_some(), "the schema has no {name}");
    }
    Value::Object(fields)
}

/// Returns an object with the same value everywhere.
pub(crate) fn every(block: &Block, value: &Value) -> Map<String, Value> {
    let attributes = block.attributes.iter().map(|attribute| attribute.name.clone());
    let blocks = block.block_types.iter().map(|inner| inner.type_name.clone());
    attributes.chain(blocks).map(|name| (name, value.clone())).collect()
}

/// Returns an object with all arguments unknown. Attributes that only the provider sets are null.
pub(crate) fn all_unknown(block: &Block) -> Value {
    let mut fields = every(block, &Value::Null);
    for attribute in block.attributes.iter().filter(|a| a.required || a.optional) {
        fields.insert(attribute.name.clone(), unknown());
    }
    Value::Object(fields)
}

/// Merges as Terraform does. The result is the configuration, with the prior value of unset
/// computed attributes.
pub(crate) fn propose(block: &Block, config: &Value, prior: &Value) -> Value {
    let mut merged = config.clone();
    for attribute in block.attributes.iter().filter(|a| a.computed) {
        if config[&attribute.name].is_null() {
            merged[&attribute.name] = prior[&attribute.name].clone();
        }
    }
    merged
}

/// Checks a plan. Terraform rejects a violation as an invalid plan.
pub(crate) fn check_plan(block: &Block, config: &Value, prior: &Value, planned: &Value) {
    check_names(block, planned);
    for attribute in &block.attributes {
        let name = &attribute.name;
        let (config, prior, planned) = (&config[name], &prior[name], &planned[name]);
        if !config.is_null() {
            let kept = planned == prior && !prior.is_null();
            assert!(planned == config || kept, "{name}: {config} was planned as {planned}");
        } else if !attribute.computed {
            assert!(planned.is_null(), "{name}: nothing was planned as {planned}");
        }
        assert!(!attribute.write_only || planned.is_null(), "{name} is write-only");
    }
    for inner in &block.block_types {
        assert_eq!(planned[&inner.type_name], config[&inner.type_name], "a block is the user's");
    }
}

/// Checks a result. Terraform rejects a violation as an inconsistent result.
pub(crate) fn check_applied(block: &Block, planned: &Value, state: &Value) {
    check_names(block, state);
    assert!(!has_unknown(state), "unknown after apply: {state}");
    for attribute in &block.attributes {
        let (planned, now) = (&planned[&attribute.name], &state[&attribute.name]);
        assert!(has_unknown(planned) || planned == now, "{}: {planned}, {now}", attribute.name);
    }
    for inner in &block.block_types {
        assert_eq!(planned[&inner.type_name], state[&inner.type_name]);
    }
}

/// Checks that an object has every name of the schema, no other, and values of the correct type.
pub(crate) fn check_names(block: &Block, value: &Value) {
    let fields = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let names = every(block, &Value::Null);
    assert!(fields.keys().eq(names.keys()), "{fields:?}");
    for attribute in &block.attributes {
        let value = &fields[&attribute.name];
        assert!(is_of_type(attribute, value), "{}: {value}", attribute.name);
    }
    for inner in &block.block_types {
        // All blocks occur at most once. A missing block is null.
        let value = &fields[&inner.type_name];
        if !value.is_null() {
            check_names(inner.block.as_ref().unwrap(), value);
        }
    }
}

fn is_of_type(attribute: &Attribute, value: &Value) -> bool {
    if value.is_null() || *value == unknown() {
        return true;
    }
    match attribute.r#type.as_slice() {
        b"\"string\"" => value.is_string(),
        b"\"bool\"" => value.is_boolean(),
        // Numbers that do not fit an `f64` are text.
        b"\"number\"" => value.is_number() || value.is_string(),
        kind if kind.starts_with(b"[\"map") || kind.starts_with(b"[\"obj") => value.is_object(),
        _ => value.is_array(),
    }
}

/// Returns a valid configuration of a resource for the plan. `user` is the ID of a user.
pub(crate) fn example(name: &str, user: &str) -> Value {
    (sample(name).example)(user)
}

/// Returns the ID of a user who does not exist.
pub(crate) fn absent_user_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| uuid::Uuid::new_v4().to_string())
}
