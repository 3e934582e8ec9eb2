//! Rules of schemas that Terraform enforces with an error or a crash.

use serde_json::Value;

use crate::proto::tfplugin5::schema::nested_block::NestingMode;
use crate::proto::tfplugin5::schema::{Attribute, Block};
use crate::proto::tfplugin5::{Schema, get_provider_schema};

/// Returns all violations in the schemas of a provider. Each line starts with the location.
pub(crate) fn faults(offer: &get_provider_schema::Response) -> Vec<String> {
    let mut found = Vec::new();
    match &offer.provider {
        None => found.push("provider: no schema".to_owned()),
        Some(schema) => check_schema("provider", schema, false, &mut found),
    }
    for (name, schema) in &offer.resource_schemas {
        check_type_name(name, &mut found);
        check_schema(name, schema, true, &mut found);
    }
    for (name, schema) in offer.data_source_schemas.iter().chain(&offer.ephemeral_resource_schemas)
    {
        check_type_name(name, &mut found);
        check_schema(name, schema, false, &mut found);
    }
    for (name, schema) in &offer.list_resource_schemas {
        if !offer.resource_schemas.contains_key(name) {
            found.push(format!("{name}: lists no managed resource"));
        }
        check_schema(name, schema, false, &mut found);
    }
    for (name, action) in &offer.action_schemas {
        match &action.schema {
            None => found.push(format!("{name}: no schema")),
            Some(schema) => check_schema(name, schema, false, &mut found),
        }
    }
    for (name, function) in &offer.functions {
        match &function.r#return {
            None => found.push(format!("{name}: no return type")),
            Some(answer) => check_type(name, &answer.r#type, &mut found),
        }
        if function.summary.is_empty() || function.description.is_empty() {
            found.push(format!("{name}: no description"));
        }
        for parameter in function.parameters.iter().chain(&function.variadic_parameter) {
            check_type(&format!("{name}.{}", parameter.name), &parameter.r#type, &mut found);
        }
    }
    found
}

fn check_type_name(name: &str, found: &mut Vec<String>) {
    if !name.starts_with("anaconda_") {
        found.push(format!("{name}: Terraform would look for another provider"));
    }
}

fn check_schema(at: &str, schema: &Schema, managed: bool, found: &mut Vec<String>) {
    if schema.version < 0 {
        found.push(format!("{at}: negative version"));
    }
    match &schema.block {
        None => found.push(format!("{at}: no block")),
        Some(block) => check_block(at, block, managed, found),
    }
}

fn check_block(at: &str, block: &Block, managed: bool, found: &mut Vec<String>) {
    let mut names = std::collections::BTreeSet::new();
    if block.description.is_empty() {
        found.push(format!("{at}: no description"));
    }
    if !block.deprecated && !block.deprecation_message.is_empty() {
        found.push(format!("{at}: a reason for a deprecation that is none"));
    }
    for attribute in &block.attributes {
        let at = format!("{at}.{}", attribute.name);
        if !names.insert(&attribute.name) {
            found.push(format!("{at}: there twice"));
        }
        check_attribute(&at, attribute, managed, found);
    }
    for inner in &block.block_types {
        let at = format!("{at}.{}", inner.type_name);
        if !names.insert(&inner.type_name) {
            found.push(format!("{at}: there twice"));
        }
        check_name(&at, &inner.type_name, found);
        let (min, max) = (inner.min_items, inner.max_items);
        let fits = match inner.nesting() {
            NestingMode::Invalid => false,
            NestingMode::Single => min == max && (0..=1).contains(&min),
            NestingMode::Group | NestingMode::Map => (min, max) == (0, 0),
            NestingMode::List | NestingMode::Set => min >= 0 && (max == 0 || min <= max),
        };
        if !fits {
            found.push(format!("{at}: nesting {} of {min} to {max}", inner.nesting));
        }
        match &inner.block {
            None => found.push(format!("{at}: no block")),
            Some(block) => check_block(&at, block, managed, found),
        }
    }
}

fn check_attribute(at: &str, attribute: &Attribute, managed: bool, found: &mut Vec<String>) {
    check_name(at, &attribute.name, found);
    check_type(at, &attribute.r#type, found);
    let fits = match (attribute.required, attribute.optional, attribute.computed) {
        (required, optional, false) => required != optional,
        (required, _, true) => !required,
    };
    if !fits {
        found.push(format!("{at}: neither or both of required, optional and computed"));
    }
    if attribute.write_only && (attribute.computed || !managed) {
        found.push(format!("{at}: cannot be write-only"));
    }
    if attribute.description.is_empty() {
        found.push(format!("{at}: no description"));
    }
    if !attribute.deprecated && !attribute.deprecation_message.is_empty() {
        found.push(format!("{at}: a reason for a deprecation that is none"));
    }
}

fn check_name(at: &str, name: &str, found: &mut Vec<String>) {
    let letter = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_';
    if name.is_empty() || !name.bytes().all(letter) {
        found.push(format!("{at}: a name that Terraform refuses"));
    }
}

fn check_type(at: &str, json: &[u8], found: &mut Vec<String>) {
    if !serde_json::from_slice(json).is_ok_and(|kind| is_type(&kind)) {
        found.push(format!("{at}: no type"));
    }
}

fn is_type(kind: &Value) -> bool {
    match kind {
        Value::String(name) => ["string", "number", "bool", "dynamic"].contains(&name.as_str()),
        Value::Array(parts) => match parts.as_slice() {
            [Value::String(name), inner] if ["list", "set", "map"].contains(&name.as_str()) => {
                is_type(inner)
            }
            [Value::String(name), Value::Array(inner)] if name == "tuple" => {
                inner.iter().all(is_type)
            }
            [Value::String(name), Value::Object(fields)] if name == "object" => {
                fields.values().all(is_type)
            }
            _ => false,
        },
        _ => false,
    }
}
