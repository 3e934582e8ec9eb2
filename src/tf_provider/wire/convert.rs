//! Conversion between the protocol's messages and the types of this layer.

use super::tfplugin5 as pb;
use super::{Malformed, json, msgpack};
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result, Severity};
use crate::tf_provider::function::Function;
use crate::tf_provider::identity::IdentityAttribute;
use crate::tf_provider::path::{Path, Step};
use crate::tf_provider::resource::Upgrade;
use crate::tf_provider::schema::{Attribute, Configurability, Schema};
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// Decodes a value that the client sent. A missing value is null, as in Terraform itself.
pub(super) fn value(sent: Option<pb::DynamicValue>, kind: &Type) -> Result<Value> {
    let Some(sent) = sent else { return Ok(Value::Null) };
    let read = if !sent.msgpack.is_empty() {
        msgpack::decode(&sent.msgpack, kind)
    } else if !sent.json.is_empty() {
        json::decode(&sent.json, kind)
    } else {
        Ok(Value::Null)
    };
    read.map_err(|e| unreadable(&e))
}

/// Decodes an object from a state file, and applies these upgrades.
pub(super) fn stored(
    state: Option<pb::RawState>,
    kind: &Type,
    upgrades: &[Upgrade],
) -> Result<Value> {
    let state = state.unwrap_or_default();
    if state.json.is_empty() {
        return Err(Diagnostic::error(
            "Unable to read state",
            "The stored object has a format of Terraform v0.11 and earlier, which this provider never \
             wrote. Restore the state from a backup, or run `terraform state rm <ADDRESS>` and import \
             the object.",
        )
        .into());
    }
    json::decode_stored(&state.json, kind, upgrades).map_err(|e| {
        Diagnostic::error(
            "Unable to read state",
            format!(
                "The stored object does not match the schema of this provider version: {e}. Restore the \
                 state from a backup, or run `terraform state rm <ADDRESS>` and import the object."
            ),
        )
        .into()
    })
}

/// Encodes a value for the client, always as MessagePack.
pub(super) fn dynamic(value: &Value, kind: &Type) -> Result<pb::DynamicValue> {
    match msgpack::encode(value, kind) {
        Ok(msgpack) => Ok(pb::DynamicValue { msgpack, json: Vec::new() }),
        Err(e) => {
            Err(Diagnostic::bug(format!("The provider cannot encode a value for Terraform: {e}."))
                .into())
        }
    }
}

fn unreadable(why: &Malformed) -> Diagnostics {
    Diagnostic::error(
        "Unable to read value",
        format!(
            "Terraform sent a value that does not match the schema of the provider: {why}. This is a bug \
             in Terraform or in the provider. Report this issue to the provider developers."
        ),
    )
    .into()
}

pub(super) fn diagnostics(all: Diagnostics) -> Vec<pb::Diagnostic> {
    all.into_iter()
        .map(|one| pb::Diagnostic {
            severity: match one.severity {
                Severity::Error => pb::diagnostic::Severity::Error,
                Severity::Warning => pb::diagnostic::Severity::Warning,
            }
            .into(),
            summary: one.summary,
            detail: one.detail,
            attribute: (!one.path.steps().is_empty()).then(|| path(&one.path)),
        })
        .collect()
}

pub(super) fn path(path: &Path) -> pb::AttributePath {
    use pb::attribute_path::step::Selector;
    let steps = path.steps().iter().map(|step| pb::attribute_path::Step {
        selector: Some(match step {
            Step::Attribute(name) => Selector::AttributeName(name.clone()),
            Step::Index(position) => Selector::ElementKeyInt(*position),
            Step::Key(key) => Selector::ElementKeyString(key.clone()),
        }),
    });
    pb::AttributePath { steps: steps.collect() }
}

/// Converts a schema. The block is always present: Terraform crashes without it.
pub(super) fn schema(schema: &Schema, version: i64) -> pb::Schema {
    let nested = schema.blocks.iter().map(|inner| pb::schema::NestedBlock {
        type_name: inner.name.to_owned(),
        block: Some(block(inner.description, &inner.attributes)),
        nesting: pb::schema::nested_block::NestingMode::Single.into(),
        min_items: 0,
        max_items: 0,
    });
    let block_types = nested.collect();
    let outer = block(schema.description, &schema.attributes);
    pb::Schema { version, block: Some(pb::schema::Block { block_types, ..outer }) }
}

pub(super) fn identity(attributes: &[IdentityAttribute]) -> pb::ResourceIdentitySchema {
    use pb::resource_identity_schema::IdentityAttribute;
    let identity_attributes = attributes.iter().map(|attribute| IdentityAttribute {
        name: attribute.name.to_owned(),
        r#type: attribute.kind.to_json().to_string().into_bytes(),
        required_for_import: attribute.required,
        optional_for_import: !attribute.required,
        description: attribute.description.to_owned(),
    });
    pb::ResourceIdentitySchema { version: 0, identity_attributes: identity_attributes.collect() }
}

pub(super) fn function(function: &Function) -> pb::Function {
    let kind = |kind: &Type| kind.to_json().to_string().into_bytes();
    let parameters = function.parameters.iter().map(|parameter| pb::function::Parameter {
        name: parameter.name.to_owned(),
        r#type: kind(&parameter.kind),
        allow_null_value: false,
        allow_unknown_values: false,
        description: parameter.description.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
    });
    pb::Function {
        parameters: parameters.collect(),
        variadic_parameter: None,
        r#return: Some(pb::function::Return { r#type: kind(&function.returns) }),
        summary: function.summary.to_owned(),
        description: function.description.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        deprecation_message: String::new(),
    }
}

fn block(description: &str, attributes: &[Attribute]) -> pb::schema::Block {
    pb::schema::Block {
        version: 0,
        attributes: attributes.iter().map(attribute).collect(),
        block_types: Vec::new(),
        description: description.to_owned(),
        description_kind: pb::StringKind::Markdown.into(),
        deprecated: false,
        deprecation_message: String::new(),
    }
}

fn attribute(attribute: &Attribute) -> pb::schema::Attribute {
    let origin = attribute.configurability;
    pb::schema::Attribute {
        name: attribute.name.to_owned(),
        r#type: attribute.kind.to_json().to_string().into_bytes(),
        description: attribute.description.to_owned(),
        required: origin == Configurability::Required,
        optional: matches!(origin, Configurability::Optional | Configurability::OptionalComputed),
        computed: attribute.is_computed(),
        sensitive: attribute.sensitive,
        description_kind: pb::StringKind::Markdown.into(),
        deprecated: false,
        write_only: false,
        deprecation_message: String::new(),
    }
}
