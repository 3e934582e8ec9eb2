//! Planned changes, read from `terraform show -json`.

use std::collections::BTreeMap;

use serde_json::Value;

/// Planned action for one object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    NoOp,
    Create,
    Update,
    Delete,
    /// Delete, then create.
    Replace,
    /// Create, then delete: `create_before_destroy`.
    ReplaceCreateFirst,
}

/// One plan that is not applied yet.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    json: Value,
    text: String,
}

impl Plan {
    /// Creates a plan from `json`, the output of `show -json`, and `text`, the output of `plan`.
    pub(crate) fn new(json: &str, text: String) -> Self {
        Self { json: serde_json::from_str(json).unwrap(), text }
    }

    /// Returns the planned action for one object. Fails the test if the plan does not contain the
    /// object.
    pub(crate) fn action(&self, address: &str) -> Action {
        let actions = self.actions();
        *actions.get(address).unwrap_or_else(|| panic!("{address} is not in {actions:?}"))
    }

    /// Returns the planned action for each managed object. Data sources are not included.
    pub(crate) fn actions(&self) -> BTreeMap<String, Action> {
        let changes = self.json["resource_changes"].as_array().cloned().unwrap_or_default();
        let one = |change: &Value| {
            let address = change["address"].as_str().unwrap().to_owned();
            (address, Action::of(&change["change"]["actions"]))
        };
        changes.iter().filter(|change| change["mode"] == "managed").map(one).collect()
    }

    /// Whether the plan changes no object and no output.
    pub(crate) fn is_empty(&self) -> bool {
        let outputs = self.json["output_changes"].as_object().cloned().unwrap_or_default();
        self.actions().values().all(|action| *action == Action::NoOp)
            && outputs.values().all(|change| Action::of(&change["actions"]) == Action::NoOp)
    }

    /// Returns a prior value, after the refresh at the start of the plan.
    pub(crate) fn before(&self, address: &str, attribute: &str) -> Value {
        self.change(address)["before"][attribute].clone()
    }

    /// Returns a planned value, or null if it is unknown; see [`Plan::is_unknown`].
    pub(crate) fn after(&self, address: &str, attribute: &str) -> Value {
        self.change(address)["after"][attribute].clone()
    }

    /// Whether a value is known only after the apply.
    pub(crate) fn is_unknown(&self, address: &str, attribute: &str) -> bool {
        self.change(address)["after_unknown"][attribute] == true
    }

    /// Whether an `import` block imports the object.
    pub(crate) fn imports(&self, address: &str) -> bool {
        self.change(address)["importing"].is_object()
    }

    /// Returns the output of `plan`.
    pub(crate) fn text(&self) -> &str {
        &self.text
    }

    /// Returns the output of `plan` without line breaks, so that a test can search for a sentence.
    pub(crate) fn diagnostics_text(&self) -> String {
        unwrapped(&self.text)
    }

    fn change(&self, address: &str) -> &Value {
        let changes = self.json["resource_changes"].as_array().unwrap();
        let change = changes.iter().find(|change| change["address"] == address);
        &change.unwrap_or_else(|| panic!("{address} is not in the plan:\n{}", self.text))["change"]
    }
}

/// Removes the frame and the line breaks that Terraform adds to messages, so that a test can search
/// for a sentence.
pub(super) fn unwrapped(text: &str) -> String {
    let framed = |line: &str| line.trim_start_matches(['│', '╷', '╵', ' ']).trim_end().to_owned();
    text.lines().map(framed).collect::<Vec<_>>().join(" ").replace("  ", " ")
}

impl Action {
    fn of(actions: &Value) -> Self {
        let actions = actions.as_array().unwrap();
        match actions.iter().map(|action| action.as_str().unwrap()).collect::<Vec<_>>().as_slice() {
            ["no-op"] => Self::NoOp,
            ["create"] => Self::Create,
            ["update"] => Self::Update,
            ["delete"] => Self::Delete,
            ["delete", "create"] => Self::Replace,
            ["create", "delete"] => Self::ReplaceCreateFirst,
            other => panic!("a plan with the actions {other:?} is new to this harness"),
        }
    }
}
