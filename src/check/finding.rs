//! [`Finding`]: what one step found, and what to do about it.

use serde_json::{Map, Value};

/// How a step went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// Not tried, because nothing asks for it or an earlier step failed.
    Skipped,
    Ok,
    /// Usable, but somebody should know.
    Remark,
    Failed,
}

impl Mark {
    /// The word for it, on the screen and in JSON.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Skipped => "skipped",
            Self::Ok => "ok",
            Self::Remark => "remark",
            Self::Failed => "failed",
        }
    }
}

/// The parts of a check, in their order. Each is a heading on the screen.
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
    /// The heading.
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

/// What one step found.
#[derive(Clone, Debug)]
pub(super) struct Finding {
    pub(super) part: Part,
    /// The name of the step, in `snake_case`.
    pub(super) step: &'static str,
    pub(super) mark: Mark,
    /// What was found, as a fixed word without a value: this alone goes into the report.
    pub(super) code: &'static str,
    /// What was found, for the person who runs the check.
    pub(super) text: String,
    /// What to do. Empty where nothing is to be done.
    pub(super) advice: String,
    /// Numbers for programs.
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

    /// Usable, but somebody should know.
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

    /// Adds what to do.
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
