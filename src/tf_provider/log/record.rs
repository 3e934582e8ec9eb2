//! One record as a line of JSON, in the format that Terraform reads.
//!
//! Terraform is strict. If a time does not have six fractional digits, the line loses its level. A
//! level or message that is not a string crashes old versions. A line of 65536 bytes is cut.

use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value};
use tracing::Level;
use tracing::field::{Field, Visit};

use super::mask::masked;

/// Maximum length of the text of a message or field, in bytes.
const LONGEST_TEXT: usize = 4 << 10;
/// Maximum length of a line, in bytes: well below 65536.
const LONGEST_LINE: usize = 60 << 10;

/// Fields of a record or a span, masked and cut when they are added.
#[derive(Clone, Debug, Default)]
pub(super) struct Fields(Map<String, Value>);

impl Fields {
    /// Adds the fields of `other`, which override fields of the same name.
    pub(super) fn extend(&mut self, other: &Fields) {
        self.0.extend(other.0.clone());
    }

    fn text(&mut self, field: &Field, text: &str) {
        self.0.insert(field.name().to_owned(), Value::from(cut(masked(text).into_owned())));
    }

    fn value(&mut self, field: &Field, value: Value) {
        // A number can be a secret too.
        let plain = value.to_string();
        if masked(&plain) == plain {
            self.0.insert(field.name().to_owned(), value);
        } else {
            self.text(field, &plain);
        }
    }
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        self.value(field, value.into());
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, value.into());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, value.into());
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, value.into());
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.text(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        let mut text = value.to_string();
        let mut cause = value.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        self.text(field, &text);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.text(field, &format!("{value:?}"));
    }
}

/// Origin of a record.
#[derive(Clone, Copy, Debug)]
pub(super) struct EventSource<'a> {
    /// Logger: the name of the provider, or `sdk` for dependencies.
    pub(super) module: &'a str,
    /// File and line.
    pub(super) caller: Option<(&'a str, u32)>,
}

/// Returns the line with its line end. `fields` are the fields of the record and of the enclosing
/// spans.
pub(super) fn line(at: Timestamp, level: Level, origin: EventSource<'_>, fields: Fields) -> String {
    let Fields(mut record) = fields;
    let message = match record.remove("message") {
        Some(Value::String(message)) => message,
        Some(other) => other.to_string(),
        None => String::new(),
    };
    let text = finished(record, at, level, origin, &message);
    if text.len() <= LONGEST_LINE {
        return text;
    }
    let short = Map::from_iter([("fields_dropped".to_owned(), Value::from(true))]);
    finished(short, at, level, origin, &message)
}

/// Adds the standard fields last, so that no other field can replace them.
fn finished(
    mut record: Map<String, Value>,
    at: Timestamp,
    level: Level,
    origin: EventSource<'_>,
    message: &str,
) -> String {
    record.insert("@timestamp".into(), format!("{at:.6}").into());
    record.insert("@level".into(), level.as_str().to_lowercase().into());
    record.insert("@message".into(), message.into());
    record.insert("@module".into(), origin.module.into());
    match origin.caller {
        Some((file, line)) => record.insert("@caller".into(), format!("{file}:{line}").into()),
        None => record.remove("@caller"),
    };
    let mut text = Value::Object(record).to_string();
    text.push('\n');
    text
}

/// Cuts a text that is too long, and appends its length.
fn cut(mut text: String) -> String {
    let length = text.len();
    if length > LONGEST_TEXT {
        let fits = (0..=LONGEST_TEXT).rev().find(|end| text.is_char_boundary(*end));
        text.truncate(fits.unwrap_or(0));
        text.extend(["... (", &length.to_string(), " bytes)"]);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORIGIN: EventSource<'static> =
        EventSource { module: "demo", caller: Some(("src/x.rs", 7)) };

    fn parsed(fields: Map<String, Value>) -> Value {
        let text = line(Timestamp::UNIX_EPOCH, Level::WARN, ORIGIN, Fields(fields));
        assert!(text.ends_with('\n') && text.len() < 64 << 10, "{}", text.len());
        serde_json::from_str(&text).unwrap()
    }

    #[test]
    fn log_line_has_fields_terraform_expects() {
        let fields = [("message".to_owned(), Value::from("hello")), ("n".to_owned(), 1.into())];
        let expected = serde_json::json!({
            "@timestamp": "1970-01-01T00:00:00.000000Z",
            "@level": "warn",
            "@message": "hello",
            "@module": "demo",
            "@caller": "src/x.rs:7",
            "n": 1,
        });
        assert_eq!(parsed(Map::from_iter(fields)), expected);
    }

    #[test]
    fn log_fields_never_override_reserved_ones() {
        let fields = ["@level", "@message", "@timestamp"].map(|name| (name.to_owned(), 1.into()));
        let line = parsed(Map::from_iter(fields));
        assert_eq!((&line["@level"], &line["@message"]), (&"warn".into(), &"".into()));
    }

    #[test]
    fn log_message_is_always_string() {
        let line = parsed(Map::from_iter([("message".to_owned(), Value::from(5))]));
        assert_eq!(line["@message"], "5");
    }

    #[test]
    fn too_long_log_line_keeps_message() {
        let text = cut("\u{1}".repeat(10_000));
        let many = (0..100).map(|n| (format!("f{n}"), Value::from(text.as_str())));
        let fields = many.chain([("message".to_owned(), Value::from(text.as_str()))]).collect();
        let line = parsed(fields);
        assert_eq!((&line["@message"], &line["fields_dropped"]), (&text.into(), &true.into()));
    }

    #[test]
    fn long_text_is_truncated_between_characters() {
        let cut = cut("ä".repeat(5000));
        assert!(cut.len() < LONGEST_TEXT + 20 && cut.ends_with("... (10000 bytes)"), "{cut}");
    }
}
