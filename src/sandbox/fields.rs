//! Reads the fields of a JSON object or a query, and collects everything that is wrong with them.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::dates;
use super::errors::{ApiError, Problem};

/// The fields of one part of a request. Each is asked for once, by name; what nobody asked for
/// is a problem too, as is every value that does not fit.
#[derive(Debug)]
pub(crate) struct Fields {
    part: &'static str,
    /// The field of that part that these are the fields of.
    within: Option<&'static str>,
    left: Map<String, Value>,
    problems: Vec<Problem>,
}

/// Turns a value into what it stands for, or says why it cannot.
pub(crate) type Reader<T> = fn(&Value) -> Result<T, FieldError>;

/// Why a value does not fit: a kind for programs and a message for people.
#[derive(Debug)]
pub(crate) struct FieldError {
    index: Option<usize>,
    kind: &'static str,
    message: String,
}

impl Fields {
    /// The fields of `body` or `query`.
    pub(crate) fn new(part: &'static str, fields: Map<String, Value>) -> Self {
        Self { part, within: None, left: fields, problems: Vec::new() }
    }

    /// What nobody has asked for yet, as it was given.
    pub(crate) fn as_given(&self) -> Value {
        Value::Object(self.left.clone())
    }

    /// A field that has to be there and is an object: its own fields, to be given to
    /// [`Fields::close`] when they are read. `None` only with a problem noted.
    pub(crate) fn object(&mut self, name: &'static str) -> Option<Self> {
        let object = |value: &Value| match value {
            Value::Object(fields) => Ok(fields.clone()),
            _ => field_error("dict_type", "Input should be an object"),
        };
        let left = self.required(name, object)?;
        Some(Self { part: self.part, within: Some(name), left, problems: Vec::new() })
    }

    /// Ends the reading of an object inside.
    pub(crate) fn close(&mut self, mut inside: Self) {
        inside.note_the_rest();
        self.problems.append(&mut inside.problems);
    }

    /// Notes a problem that no single value has.
    pub(crate) fn note(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    /// A field that has to be there and may not be null. `None` only with a problem noted.
    pub(crate) fn required<T>(&mut self, name: &str, read: Reader<T>) -> Option<T> {
        if let Some(value) = self.left.remove(name) {
            return self.read(name, &value, read);
        }
        self.push(name, "missing", "Field required", None);
        None
    }

    /// A field that may be left out but not be null. `None` when left out.
    pub(crate) fn optional<T>(&mut self, name: &str, read: Reader<T>) -> Option<T> {
        let value = self.left.remove(name)?;
        self.read(name, &value, read)
    }

    /// A field that may be left out or null; both mean the same.
    pub(crate) fn nullable<T>(&mut self, name: &str, read: Reader<T>) -> Option<T> {
        self.clearable(name, read).flatten()
    }

    /// A field that may be left out (`None`) or null (`Some(None)`), which differ.
    #[expect(clippy::option_option, reason = "left out and null are two different things")]
    pub(crate) fn clearable<T>(&mut self, name: &str, read: Reader<T>) -> Option<Option<T>> {
        match self.left.remove(name)? {
            Value::Null => Some(None),
            value => self.read(name, &value, read).map(Some),
        }
    }

    /// Ends the reading: fails with all problems if there were any.
    pub(crate) fn finish(mut self) -> Result<(), ApiError> {
        self.note_the_rest();
        if self.problems.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.problems)) }
    }

    /// Ends the reading of fields of which one was required.
    pub(crate) fn finish_with<T>(self, required: Option<T>) -> Result<T, ApiError> {
        self.finish()?;
        // A required field that is absent has left a problem, so there is nothing to add here.
        required.ok_or(ApiError::Invalid(Vec::new()))
    }

    fn read<T>(&mut self, name: &str, value: &Value, read: Reader<T>) -> Option<T> {
        match read(value) {
            Ok(fits) => Some(fits),
            Err(field_error) => {
                self.push(name, field_error.kind, &field_error.message, field_error.index);
                None
            }
        }
    }

    fn note_the_rest(&mut self) {
        for name in std::mem::take(&mut self.left).keys() {
            self.push(name, "extra_forbidden", "Extra inputs are not permitted", None);
        }
    }

    fn push(&mut self, name: &str, kind: &'static str, message: &str, index: Option<usize>) {
        let mut problem = Problem::of(self.part, kind, message);
        problem.at.extend(self.within.map(Value::from));
        problem.at.push(name.into());
        problem.at.extend(index.map(Value::from));
        self.problems.push(problem);
    }
}

impl FieldError {
    /// A value as a whole does not fit.
    pub(crate) fn new(kind: &'static str, message: &str) -> Self {
        Self { index: None, kind, message: message.to_owned() }
    }
}

fn field_error<T>(kind: &'static str, message: &str) -> Result<T, FieldError> {
    Err(FieldError::new(kind, message))
}

/// Any text.
pub(crate) fn text(value: &Value) -> Result<String, FieldError> {
    match value {
        Value::String(text) => Ok(text.clone()),
        _ => field_error("string_type", "Input should be a valid string"),
    }
}

/// Name of a service account: 1 to 64 of `a-z 0-9 - _`.
pub(crate) fn account_name(value: &Value) -> Result<String, FieldError> {
    let name = text(value)?;
    if name.is_empty() {
        return field_error("string_too_short", "String should have at least 1 character");
    }
    if name.chars().count() > 64 {
        return field_error("string_too_long", "String should have at most 64 characters");
    }
    if !name.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_')) {
        let message = "String should match pattern '^[a-z0-9_-]+$'";
        return field_error("string_pattern_mismatch", message);
    }
    Ok(name)
}

/// Something that looks like an e-mail address, in its own spelling.
pub(crate) fn email(value: &Value) -> Result<String, FieldError> {
    let address = text(value)?;
    if is_email(&address) {
        Ok(address)
    } else {
        field_error("value_error", "value is not a valid email address")
    }
}

/// Whether the text looks like an e-mail address: one `@`, a name before it without blanks, and
/// at least two labels of letters, digits and hyphens after it.
pub(crate) fn is_email(address: &str) -> bool {
    let Some((name, domain)) = address.split_once('@') else { return false };
    let is_label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    let name_is_fine = !name.is_empty()
        && name.len() <= 64
        && name.split('.').all(|atom| {
            let forbidden =
                |c: char| c.is_whitespace() || c.is_control() || "()<>[]:;@\\,\"".contains(c);
            !atom.is_empty() && !atom.contains(forbidden)
        });
    name_is_fine && address.len() <= 254 && domain.contains('.') && domain.split('.').all(is_label)
}

/// A list of addresses.
pub(crate) fn emails(value: &Value) -> Result<Vec<String>, FieldError> {
    let Value::Array(items) = value else {
        return field_error("list_type", "Input should be a valid list");
    };
    let one = |(index, item)| email(item).map_err(|m| FieldError { index: Some(index), ..m });
    items.iter().enumerate().map(one).collect()
}

/// An RFC 3339 date-time.
pub(crate) fn instant(value: &Value) -> Result<Timestamp, FieldError> {
    match value {
        Value::String(text) => dates::parse(text).map_or_else(
            || field_error("datetime_parsing", "Input should be a valid RFC 3339 datetime"),
            Ok,
        ),
        _ => field_error("datetime_type", "Input should be a valid datetime"),
    }
}

/// `true` or `false`, not a text or number that could mean one.
pub(crate) fn boolean(value: &Value) -> Result<bool, FieldError> {
    value.as_bool().map_or_else(|| field_error("bool_type", "Input should be a valid boolean"), Ok)
}

/// The text `true` or `false`, as queries have it.
pub(crate) fn boolean_text(value: &Value) -> Result<bool, FieldError> {
    match value.as_str() {
        Some("true") => Ok(true),
        Some("false") => Ok(false),
        _ => field_error("bool_parsing", "Input should be a valid boolean, true or false"),
    }
}

/// A whole number from 0 up, as queries have it.
pub(crate) fn count_text(value: &Value) -> Result<usize, FieldError> {
    let number = value.as_str().and_then(|text| text.parse().ok());
    number.map_or_else(|| field_error("int_parsing", "Input should be a valid integer"), Ok)
}

/// A whole number from 0 up.
pub(crate) fn count(value: &Value) -> Result<u32, FieldError> {
    match value {
        Value::Number(number) if number.is_f64() => {
            field_error("int_type", "Input should be a valid integer")
        }
        Value::Number(number) => number.as_u64().and_then(|n| u32::try_from(n).ok()).map_or_else(
            || field_error("out_of_range", "Input should be between 0 and 4294967295"),
            Ok,
        ),
        _ => field_error("int_type", "Input should be a valid integer"),
    }
}

/// A whole number from 1 up.
pub(crate) fn positive(value: &Value) -> Result<u32, FieldError> {
    let number = count(value)?;
    if number > 0 { Ok(number) } else { field_error("out_of_range", "Input should be at least 1") }
}

/// A whole number from 0 up, however large.
pub(crate) fn whole(value: &Value) -> Result<u64, FieldError> {
    value.as_u64().map_or_else(|| field_error("int_type", "Input should be a whole number"), Ok)
}

/// A whole number of either sign.
pub(crate) fn signed(value: &Value) -> Result<i32, FieldError> {
    let number = value.as_i64().and_then(|number| i32::try_from(number).ok());
    number.map_or_else(|| field_error("int_type", "Input should be a valid integer"), Ok)
}

/// Seconds, fractions allowed.
pub(crate) fn seconds(value: &Value) -> Result<Duration, FieldError> {
    let number = value.as_f64().filter(|seconds| *seconds <= f64::from(u32::MAX));
    number.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()).map_or_else(
        || field_error("out_of_range", "Input should be a number between 0 and 4294967295"),
        Ok,
    )
}

/// One of these words.
pub(crate) fn one_of<T: Clone>(value: &Value, words: &[(&str, T)]) -> Result<T, FieldError> {
    let word = text(value)?;
    if let Some((_, meant)) = words.iter().find(|(known, _)| *known == word) {
        return Ok(meant.clone());
    }
    let known: Vec<String> = words.iter().map(|(word, _)| format!("'{word}'")).collect();
    field_error("enum", &format!("Input should be one of {}", known.join(", ")))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        let Value::Object(fields) = value else { panic!("not an object") };
        Fields::new("body", fields)
    }

    fn kinds(result: Result<(), ApiError>) -> Vec<(Vec<Value>, &'static str)> {
        match result {
            Err(ApiError::Invalid(problems)) => {
                problems.into_iter().map(|problem| (problem.at, problem.kind)).collect()
            }
            other => panic!("not invalid: {other:?}"),
        }
    }

    #[test]
    fn all_field_errors_are_reported_with_location() {
        let mut fields = fields(json!({"b": 1, "c": ["x@y.org", "no"], "extra": null}));
        fields.required("a", text);
        fields.optional("b", text);
        fields.optional("c", emails);
        let expected = [
            (vec![json!("body"), json!("a")], "missing"),
            (vec![json!("body"), json!("b")], "string_type"),
            (vec![json!("body"), json!("c"), json!(1)], "value_error"),
            (vec![json!("body"), json!("extra")], "extra_forbidden"),
        ];
        assert_eq!(kinds(fields.finish()), expected);
    }

    #[test]
    fn null_and_missing_differ_only_if_documented() {
        let mut fields = fields(json!({"a": null, "b": null, "c": null}));
        assert_eq!(fields.nullable("a", text), None);
        assert_eq!(fields.clearable("b", text), Some(None));
        assert_eq!(fields.clearable("absent", text), None);
        assert_eq!(fields.optional("c", text), None);
        assert_eq!(kinds(fields.finish()), [(vec![json!("body"), json!("c")], "string_type")]);
    }

    #[test]
    fn account_names_allow_1_to_64_characters() {
        for name in ["a", "anaconda_cloud-org1", &"a".repeat(64)] {
            assert!(account_name(&json!(name)).is_ok(), "{name}");
        }
        for name in ["", "A", "a b", "a.b", "é", &"a".repeat(65)] {
            assert!(account_name(&json!(name)).is_err(), "{name}");
        }
    }

    #[test]
    fn email_fields_require_email_format() {
        for address in ["a@b.co", "Ada.L+x@mail.example.com", "o'neil@example.org"] {
            assert!(is_email(address), "{address}");
        }
        for address in [
            "",
            "@b.co",
            "a@",
            "a@b",
            "a@@b.co",
            "a b@c.de",
            "a@b..co",
            "a@-b.co",
            ".a@b.co",
            "a@b.co,c@d.co",
            "Ada <a@b.co>",
            "a@b.co ",
        ] {
            assert!(!is_email(address), "{address}");
        }
    }

    #[test]
    fn numbers_and_booleans_require_json_types() {
        assert_eq!(count(&json!(7)).unwrap(), 7);
        for value in [json!(-1), json!(1.0), json!("1"), json!(4_294_967_296_u64), json!(true)] {
            assert!(count(&value).is_err(), "{value}");
        }
        assert!(boolean(&json!(1)).is_err() && boolean(&json!("true")).is_err());
        assert!(boolean_text(&json!("1")).is_err() && boolean_text(&json!("True")).is_err());
    }
}
