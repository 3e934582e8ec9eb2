//! A page: front matter, and a template with expanded directives.
//!
//! A template is Markdown with lines such as
//!
//! ```text
//! {{schema}}                               reference of the subject of the page
//! {{identity}}                             attributes of its identity
//! {{example team/main.tf}}                 file of `examples/`, as a code block
//! ```
//!
//! The template of a guide starts with `title:` and `description:` lines. All other pages get both
//! from the schema.

use std::fmt::Write as _;

use terraform_provider_anaconda::tf_provider::catalog::Kind;

use crate::files;
use crate::offer::{Offered, title};

/// Directory of the templates.
pub(crate) const TEMPLATES: &str = "tests/docs/pages";

/// Front matter without a subcategory: there are too few pages for subcategories.
const SUBCATEGORY: &str = "subcategory: \"\"\n";

/// Returns the page for an item that the provider offers.
pub(crate) fn reference(offered: &Offered) -> String {
    let template = files::read(&format!("{TEMPLATES}/{}", offered.page()));
    let title = match offered.kind {
        Kind::Provider => "Anaconda Provider".to_owned(),
        kind => format!("{} ({})", offered.name, title(kind)),
    };
    let whole_title = match offered.kind {
        Kind::Provider => title.clone(),
        _ => format!("{title} - Anaconda Provider"),
    };
    // The registry accepts a subcategory on every page except the page of the provider.
    let subcategory = if offered.kind == Kind::Provider { "" } else { SUBCATEGORY };
    let mut text = front_matter(&whole_title, subcategory, offered.description);
    write!(text, "# {title}\n\n{}\n\n", offered.description).unwrap();
    text.push_str(&body(&template, Some(offered)));
    text
}

/// Returns the guide for a template.
pub(crate) fn guide(template: &str) -> String {
    let (head, rest) = template.split_once("\n\n").unwrap();
    let field = |name: &str| {
        let found = head.lines().find_map(|line| line.strip_prefix(name));
        found.unwrap_or_else(|| panic!("a guide begins with `{name}`:\n{head}")).trim()
    };
    let title = field("title:");
    let whole_title = format!("{title} - Anaconda Provider");
    let mut text = front_matter(&whole_title, SUBCATEGORY, field("description:"));
    write!(text, "# {title}\n\n").unwrap();
    text.push_str(&body(rest, None));
    text
}

fn front_matter(title: &str, subcategory: &str, description: &str) -> String {
    format!("---\npage_title: \"{title}\"\n{subcategory}description: |-\n  {description}\n---\n\n")
}

fn body(template: &str, offered: Option<&Offered>) -> String {
    let mut text = String::new();
    for line in template.trim_end().lines() {
        let directive = line.strip_prefix("{{").and_then(|rest| rest.strip_suffix("}}"));
        match (directive.map(|it| it.split_once(' ').unwrap_or((it, ""))), offered) {
            (None, _) => text.push_str(line),
            (Some(("example", path)), _) => text.push_str(&example(path)),
            (Some(("schema", "")), Some(offered)) => text.push_str(&offered.reference),
            (Some(("identity", "")), Some(offered)) => text.push_str(&offered.identity),
            _ => panic!("a directive that is not known: {line}"),
        }
        text.push('\n');
    }
    text
}

/// Returns a file of `examples/` as a code block.
fn example(path: &str) -> String {
    let language = match path.rsplit('.').next().unwrap() {
        "tf" | "hcl" => "terraform",
        "sh" => "shell",
        "yml" | "yaml" => "yaml",
        "csv" => "text",
        other => panic!("what language is {path}? ({other})"),
    };
    format!("```{language}\n{}\n```", files::read(&format!("examples/{path}")).trim_end())
}

/// Returns the files of `examples/` that a template shows.
pub(crate) fn shown(template: &str) -> impl Iterator<Item = &str> {
    template.lines().filter_map(|line| line.strip_prefix("{{example ")?.strip_suffix("}}"))
}
