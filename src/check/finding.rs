//! [`Finding`]: the result of one step, with advice.

use serde_json::{Map, Value};

/// The outcome of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Not tried, because it is not needed or an earlier step failed.
    Skipped,
    Ok,
    /// Usable, with a remark for the user.
    Remark,
    Failed,
}

impl Mark {
    /// Returns the word for the mark, in text and in JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Remark => "remark",
            Self::Failed => "failed",
        }
    }
}

/// The parts of a check, in their order. Each is a heading of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Settings,
    Network,
    Credentials,
    Organization,
    Unexpected,
    Report,
}

impl Part {
    /// Returns the heading.
    pub(super) fn heading(self) -> &'static str {
        match self {
            Self::Settings => "Settings",
            Self::Network => "Network",
            Self::Credentials => "Credentials",
            Self::Organization => "Organization",
            Self::Unexpected => "Unexpected",
            Self::Report => "Report",
        }
    }
}

/// The result of one step.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) part: Part,
    /// The name of the step, in `snake_case`.
    pub(super) step: &'static str,
    pub(super) mark: Mark,
    /// The result as a fixed word without a value: the report contains only this.
    pub(super) code: &'static str,
    /// The result for the user who runs the check.
    pub(super) text: String,
    /// Advice for the user. Empty if there is nothing to do.
    pub(super) advice: String,
    /// Values for programs that read the JSON output.
    pub(super) data: Map<String, Value>,
}

impl Finding {
    pub(super) fn ok(part: Part, step: &'static str, text: impl Into<String>) -> Self {
        Self {
            part,
            step,
            mark: Mark::Ok,
            code: "ok",
            text: text.into(),
            advice: String::new(),
            data: Map::new(),
        }
    }

    pub(super) fn skipped(part: Part, step: &'static str, text: impl Into<String>) -> Self {
        Self { mark: Mark::Skipped, code: "skipped", ..Self::ok(part, step, text) }
    }

    /// Returns a finding that is usable, with a remark for the user.
    pub(super) fn remark(
        part: Part,
        step: &'static str,
        code: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self { mark: Mark::Remark, code, ..Self::ok(part, step, text) }
    }

    pub(super) fn failed(
        part: Part,
        step: &'static str,
        code: &'static str,
        text: impl Into<String>,
    ) -> Self {
        Self { mark: Mark::Failed, code, ..Self::ok(part, step, text) }
    }

    /// Adds advice.
    pub(super) fn advise(mut self, advice: impl Into<String>) -> Self {
        self.advice = advice.into();
        self
    }

    /// Adds a value for programs.
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.data.insert(name.to_owned(), value.into());
        self
    }
}
