//! The part of Markdown that the checks need: links, headings, and code.

/// Link of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Link {
    pub(crate) line: usize,
    pub(crate) target: String,
}

/// Returns the lines outside of code blocks, with their numbers starting at 1.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().filter_map(move |(number, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        (!in_code && !fence).then_some((number + 1, line))
    })
}

/// Returns a line without the text between backticks.
fn without_code(line: &str) -> String {
    line.split('`').step_by(2).collect::<Vec<_>>().join("`")
}

/// Returns all links of the form `[text](target)`.
pub(crate) fn links(text: &str) -> Vec<Link> {
    let mut links = Vec::new();
    for (line, text) in prose(text) {
        for part in without_code(text).split("](").skip(1) {
            let target = part.split(')').next().unwrap_or_default().to_owned();
            links.push(Link { line, target });
        }
    }
    links
}

/// Returns the anchors of the headings, as registries and repositories generate them.
pub(crate) fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter(|(_, line)| line.starts_with('#'));
    headings
        .map(|(_, line)| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn links_in_code_are_ignored() {
    let text = "[a](b.md) and [`c`](d.md#e)\n```\n[f](g)\n```\n`[h](i)` [j](k)\n";
    let targets: Vec<_> = links(text).into_iter().map(|it| (it.line, it.target)).collect();
    let expected = [(1, "b.md"), (1, "d.md#e"), (5, "k")];
    assert_eq!(targets, expected.map(|(line, target)| (line, target.to_owned())));
}

#[test]
fn anchors_are_generated_from_headings() {
    let text = "# 1. See what is there\n```\n# no\n```\n### `a_b`, *c*\n";
    assert_eq!(anchors(text), ["1-see-what-is-there", "a_b-c"]);
}
