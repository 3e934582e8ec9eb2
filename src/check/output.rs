//! Output of the findings: text lines as they occur, or one JSON document at the end.

use std::env;
use std::fmt::Write as _;
use std::io::{self, IsTerminal as _, Write};

use serde_json::{Value, json};

use super::finding::{Finding, Mark, Part};
use crate::tf_provider::log::masked;

/// The width of the column with the marks.
const MARKS: usize = 8;

/// The destination of the findings.
#[derive(Debug)]
pub(super) struct Output {
    json: bool,
    /// Whether the output goes to a terminal, so that a user sees the progress.
    terminal: bool,
    color: bool,
    heading: Option<Part>,
    pub(super) findings: Vec<Finding>,
}

impl Output {
    pub(super) fn new(json: bool) -> Self {
        if !json {
            write(concat!("terraform-provider-anaconda ", env!("CARGO_PKG_VERSION"), " check\n"));
        }
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        let terminal = !json && !dumb && io::stdout().is_terminal();
        let color = terminal && env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
        Self { json, terminal, color, heading: None, findings: Vec::new() }
    }

    /// Prints the current operation on a terminal.
    pub(super) fn begin(&self, what: &str) {
        if self.terminal {
            write(&format!("\r  {:<MARKS$} {what} ...", ""));
        }
    }

    /// Prints and stores a finding.
    pub(super) fn add(&mut self, mut finding: Finding) {
        for text in [&mut finding.text, &mut finding.advice] {
            *text = masked(text).into_owned();
        }
        if !self.json {
            self.print(&finding);
        }
        self.findings.push(finding);
    }

    fn print(&mut self, finding: &Finding) {
        let mut text = String::new();
        if self.terminal {
            text.push_str("\r\x1b[K");
        }
        if self.heading != Some(finding.part) {
            self.heading = Some(finding.part);
            let _ = writeln!(text, "\n{}", finding.part.heading());
        }
        let mark = format!("{:<MARKS$}", finding.mark.word());
        let indent = " ".repeat(MARKS + 3);
        let _ = writeln!(text, "  {} {}", self.colored(finding.mark, &mark), clean(&finding.text));
        for line in finding.advice.lines().filter(|line| !line.trim().is_empty()) {
            let _ = writeln!(text, "{indent}{}", clean(line));
        }
        write(&text);
    }

    fn colored(&self, mark: Mark, text: &str) -> String {
        let color = match mark {
            _ if !self.color => return text.to_owned(),
            Mark::Skipped => "2",
            Mark::Ok => "32",
            Mark::Remark => "33",
            Mark::Failed => "31",
        };
        format!("\x1b[{color}m{text}\x1b[0m")
    }

    /// Returns the most severe mark.
    pub(super) fn result(&self) -> Mark {
        self.findings.iter().map(|finding| finding.mark).max().unwrap_or(Mark::Ok).max(Mark::Ok)
    }

    /// Returns the exit code: 0 if all is well, 1 if a step failed, 2 if it is usable with remarks.
    pub(super) fn exit_code(&self) -> u8 {
        match self.result() {
            Mark::Skipped | Mark::Ok => 0,
            Mark::Failed => 1,
            Mark::Remark => 2,
        }
    }

    /// Prints the summary, or the JSON document.
    pub(super) fn end(&self, report_was_written: bool) {
        if self.json {
            let document = serde_json::to_string_pretty(&self.document()).unwrap_or_default();
            return write(&format!("{document}\n"));
        }
        let count = |mark| self.findings.iter().filter(|finding| finding.mark == mark).count();
        let number = |mark, one: &str, many: &str| match count(mark) {
            1 => format!("1 {one}"),
            more => format!("{more} {many}"),
        };
        let remarks = || number(Mark::Remark, "remark", "remarks");
        let summary = match self.result() {
            Mark::Failed if count(Mark::Remark) > 0 => {
                format!(
                    "{} and {}.",
                    number(Mark::Failed, "step failed", "steps failed"),
                    remarks()
                )
            }
            Mark::Failed => format!("{}.", number(Mark::Failed, "step failed", "steps failed")),
            Mark::Remark => format!("Usable, with {}.", remarks()),
            Mark::Ok | Mark::Skipped => "All steps passed.".to_owned(),
        };
        let mut text = format!("\n{}\n", self.colored(self.result(), &summary));
        if !report_was_written && self.result() != Mark::Ok {
            text.push_str(
                "To report a problem, run the same command with `--report FILE`. The file holds what \
                 the service sends by shape, without values.\n",
            );
        }
        write(&text);
    }

    fn document(&self) -> Value {
        let step = |finding: &Finding| {
            let mut step = json!({
                "part": finding.part.heading().to_lowercase(),
                "step": finding.step,
                "result": finding.mark.word(),
                "code": finding.code,
                "text": clean(&finding.text),
                "advice": finding.advice,
            });
            if let (false, Some(object)) = (finding.data.is_empty(), step.as_object_mut()) {
                object.insert("data".to_owned(), Value::Object(finding.data.clone()));
            }
            step
        };
        json!({
            "version": env!("CARGO_PKG_VERSION"),
            "result": self.result().word(),
            "exit_code": self.exit_code(),
            "steps": self.findings.iter().map(step).collect::<Vec<_>>(),
        })
    }
}

/// Returns the text as one line, without terminal control characters.
fn clean(text: &str) -> String {
    text.split_whitespace()
        .map(|word| word.replace(char::is_control, ""))
        .collect::<Vec<_>>()
        .join(" ")
}

/// Writes to standard output. If the reader has closed it, the check does not fail.
pub(super) fn write(text: &str) {
    let mut stdout = io::stdout().lock();
    drop(stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn output(marks: &[Mark]) -> Output {
        let mut output = Output::new(true);
        for mark in marks {
            let finding = Finding::ok(Part::Network, "x", "a\u{1b}[31m b\n c");
            output.add(Finding { mark: *mark, ..finding });
        }
        output
    }

    #[test]
    fn exit_code_matches_worst_finding_of_check() {
        for (marks, code) in [
            (vec![], 0),
            (vec![Mark::Skipped], 0),
            (vec![Mark::Ok, Mark::Skipped], 0),
            (vec![Mark::Remark, Mark::Ok], 2),
            (vec![Mark::Remark, Mark::Failed, Mark::Ok], 1),
        ] {
            assert_eq!(output(&marks).exit_code(), code, "{marks:?}");
        }
    }

    #[test]
    fn control_characters_never_reach_terminal() {
        let document = output(&[Mark::Ok]).document();
        assert_eq!(document["steps"][0]["text"], "a[31m b c");
        assert_eq!(document["result"], "ok");
    }
}
