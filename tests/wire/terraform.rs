//! What Terraform itself does with values: it merges the proposal, and it checks plans and results.
//!
//! A provider that breaks one of these rules is told off in front of the user.

use std::sync::OnceLock;

use serde_json::{Map, Value};
use tokio::sync::OnceCell;

use crate::harness::Plugin;
use crate::proto::tfplugin5::schema::{Attribute, Block};
use crate::proto::tfplugin5::{Schema, get_provider_schema};
use crate::samples::sample;
use crate::values::{has_unknown, unknown};

/// The schemas, asked for once for all tests: no process of another test is ever asked, as those
/// of Terraform 1.6 and later are not.
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

/// The names of all resources.
pub(crate) async fn resource_names() -> Vec<&'static str> {
    schemas().await.resource_schemas.keys().map(String::as_str).collect()
}

/// The block of a resource, or of the provider when the name is empty.
pub(crate) async fn block(name: &str) -> &'static Block {
    let offer = schemas().await;
    let schema: Option<&Schema> =
        if name.is_empty() { offer.provider.as_ref() } else { offer.resource_schemas.get(name) };
    schema.and_then(|schema| schema.block.as_ref()).unwrap_or_else(|| panic!("no {name:?}"))
}

/// An object of a block: what is not given is null.
pub(crate) fn object(block: &Block, given: &Value) -> Value {
    let mut fields = every(block, &Value::Null);
    for (name, value) in given.as_object().unwrap() {
        let replaced = fields.insert(name.clone(), value.clone());
        assert!(replaced.is_some(), "the schema has no {name}");
    }
    Value::Object(fields)
}

/// An object that holds the same value everywhere.
pub(crate) fn every(block: &Block, value: &Value) -> Map<String, Value> {
    let attributes = block.attributes.iter().map(|attribute| attribute.name.clone());
    let blocks = block.block_types.iter().map(|inner| inner.type_name.clone());
    attributes.chain(blocks).map(|name| (name, value.clone())).collect()
}

/// What a user may write, all of it unknown; what only the provider sets is null.
pub(crate) fn all_unknown(block: &Block) -> Value {
    let mut fields = every(block, &Value::Null);
    for attribute in block.attributes.iter().filter(|a| a.required || a.optional) {
        fields.insert(attribute.name.clone(), unknown());
    }
    Value::Object(fields)
}

/// Terraform's own merge: the configuration, and the prior value of what is computed and not set.
pub(crate) fn propose(block: &Block, config: &Value, prior: &Value) -> Value {
    let mut merged = config.clone();
    for attribute in block.attributes.iter().filter(|a| a.computed) {
        if config[&attribute.name].is_null() {
            merged[&attribute.name] = prior[&attribute.name].clone();
        }
    }
    merged
}

/// What Terraform would call an invalid plan.
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

/// What Terraform would call an inconsistent result.
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

/// An object has every name of the schema, no other, and values of the right kind.
pub(crate) fn check_names(block: &Block, value: &Value) {
    let fields = value.as_object().unwrap_or_else(|| panic!("no object: {value}"));
    let names = every(block, &Value::Null);
    assert!(fields.keys().eq(names.keys()), "{fields:?}");
    for attribute in &block.attributes {
        let value = &fields[&attribute.name];
        assert!(is_of_type(attribute, value), "{}: {value}", attribute.name);
    }
    for inner in &block.block_types {
        // All blocks here are there once or not at all; where there is none, there is null.
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
        // Those that no f64 holds are text.
        b"\"number\"" => value.is_number() || value.is_string(),
        kind if kind.starts_with(b"[\"map") || kind.starts_with(b"[\"obj") => value.is_object(),
        _ => value.is_array(),
    }
}

/// A configuration of a resource that can be planned; `user` is a user's id.
pub(crate) fn example(name: &str, user: &str) -> Value {
    (sample(name).example)(user)
}

/// Some user's id that nobody has.
pub(crate) fn absent_user_id() -> &'static str {
    static ID: OnceLock<String> = OnceLock::new();
    ID.get_or_init(|| uuid::Uuid::new_v4().to_string())
}
