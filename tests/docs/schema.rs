//! Schemas as Markdown.

use std::fmt::Write as _;

use terraform_provider_anaconda::tf_provider::function::Function;
use terraform_provider_anaconda::tf_provider::identity::IdentityAttribute;
use terraform_provider_anaconda::tf_provider::schema::{Attribute, Configurability, Schema};
use terraform_provider_anaconda::tf_provider::types::Type;

/// Returns the reference of a schema: required, optional, and read-only attributes, and the blocks.
pub(crate) fn reference(schema: &Schema) -> String {
    let mut text = String::new();
    for (title, origins) in [
        ("Required", &[Configurability::Required][..]),
        ("Optional", &[Configurability::Optional, Configurability::OptionalComputed]),
        ("Read-Only", &[Configurability::Computed]),
    ] {
        let mut found: Vec<_> =
            schema.attributes.iter().filter(|it| origins.contains(&it.configurability)).collect();
        found.sort_by_key(|it| it.name);
        if found.is_empty() && (title != "Optional" || schema.blocks.is_empty()) {
            continue;
        }
        write!(text, "### {title}\n\n").unwrap();
        for it in found {
            text.push_str(&line(it));
        }
        if title == "Optional" {
            for block in &schema.blocks {
                let name = block.name;
                writeln!(
                    text,
                    "* `{name}` (Block) {} See [below](#nested-schema-for-{name}).",
                    block.description
                )
                .unwrap();
            }
        }
        text.push('\n');
    }
    for block in &schema.blocks {
        write!(text, "### Nested Schema for `{}`\n\n", block.name).unwrap();
        for it in &block.attributes {
            text.push_str(&line(it));
        }
        text.push('\n');
    }
    if schema.attributes.is_empty() && schema.blocks.is_empty() {
        text.push_str("No arguments.\n");
    }
    text.trim_end().to_owned()
}

/// Returns the attributes of an identity.
pub(crate) fn identity(attributes: &[IdentityAttribute]) -> String {
    let mut text = String::new();
    for it in attributes {
        let must = if it.required { "Required" } else { "Optional" };
        writeln!(text, "* `{}` ({}, {must}) {}", it.name, kind(&it.kind), it.description).unwrap();
    }
    text.trim_end().to_owned()
}

/// Returns the reference of a function.
pub(crate) fn function(function: &Function) -> String {
    let parameter = |it: &terraform_provider_anaconda::tf_provider::function::Parameter| {
        format!("{} {}", it.name, kind(&it.kind).to_lowercase())
    };
    let parameters: Vec<_> = function.parameters.iter().map(parameter).collect();
    let mut text = format!(
        "## Signature\n\n```text\n{}({}) {}\n```\n\n## Arguments\n\n",
        function.name,
        parameters.join(", "),
        kind(&function.returns).to_lowercase(),
    );
    for it in &function.parameters {
        writeln!(text, "* `{}` ({}) {}", it.name, kind(&it.kind), it.description).unwrap();
    }
    text.trim_end().to_owned()
}

/// Returns an attribute in one line, and the fields of its objects below it.
fn line(attribute: &Attribute) -> String {
    let mut flags = vec![kind(&attribute.kind)];
    if attribute.sensitive {
        flags.push("Sensitive".to_owned());
    }
    if attribute.requires_replace {
        flags.push("Forces replacement".to_owned());
    }
    let mut text =
        format!("* `{}` ({}) {}\n", attribute.name, flags.join(", "), attribute.description);
    fields(&attribute.kind, 1, &mut text);
    text
}

/// Writes the fields of the objects in a type.
fn fields(of: &Type, depth: usize, text: &mut String) {
    match of {
        Type::List(element) | Type::Set(element) | Type::Map(element) => {
            fields(element, depth, text);
        }
        Type::Object(attributes) => {
            for (name, field) in attributes {
                writeln!(text, "{}* `{name}` ({})", "  ".repeat(depth), kind(field)).unwrap();
                fields(field, depth + 1, text);
            }
        }
        Type::String | Type::Bool | Type::Number => {}
    }
}

/// Returns the name of a type.
fn kind(of: &Type) -> String {
    match of {
        Type::String => "String".to_owned(),
        Type::Bool => "Boolean".to_owned(),
        Type::Number => "Number".to_owned(),
        Type::List(element) => format!("List of {}", kind(element)),
        Type::Set(element) => format!("Set of {}", kind(element)),
        Type::Map(element) => format!("Map of {}", kind(element)),
        Type::Object(_) => "Object".to_owned(),
    }
}

#[test]
fn schema_line_shows_type_and_replacement() {
    use terraform_provider_anaconda::tf_provider::schema::{computed, optional};
    let secret = optional("key", Type::String, "A key.").sensitive().requires_replace();
    assert_eq!(line(&secret), "* `key` (String, Sensitive, Forces replacement) A key.\n");
    let people = Type::map(Type::object([("tags", Type::set(Type::String))]));
    assert_eq!(
        line(&computed("people", people, "Who.")),
        "* `people` (Map of Object) Who.\n  * `tags` (Set of String)\n"
    );
}
