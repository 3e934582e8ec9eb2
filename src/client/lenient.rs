//! Reads values that the API might send in several formats: dates, flags, and optional texts.
//!
//! API facts: the OpenAPI document declares no format for dates in responses, and fixtures of
//! Anaconda's own clients contain `2025-01-01T00:00:00` and `2030-01-01 00:00:00+00:00`. Without an
//! offset, the time is UTC. A field with an unusable value must not make a whole list response
//! unreadable.

use jiff::Timestamp;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// Maximum number of fraction digits that are kept.
const LONGEST_FRACTION: usize = 9;

/// Larger numbers are milliseconds: as seconds they would be after the year 5138.
const MOST_SECONDS: i64 = 100_000_000_000;

/// Reads a date and converts it to RFC 3339. `None`: null, or a value that is not a time. Text in
/// an unknown format is returned unchanged.
pub(super) fn date<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Option::<Value>::deserialize(from)? {
        Some(Value::String(text)) if text.trim().is_empty() => None,
        Some(Value::String(text)) => Some(rfc_3339(text.trim()).unwrap_or(text)),
        Some(Value::Number(number)) => number.as_i64().and_then(since_1970),
        _ => None,
    })
}

/// Reads a flag. Null and values that are not flags count as `false`.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    Ok(match Option::<Value>::deserialize(from)? {
        Some(Value::Bool(flag)) => flag,
        Some(Value::Number(number)) => number.as_f64().is_some_and(|number| number != 0.0),
        Some(Value::String(text)) => matches!(text.trim().to_lowercase().as_str(), "true" | "1"),
        _ => false,
    })
}

/// Reads a text. A missing text is empty, and a number becomes its digits.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<String, D::Error> {
    Ok(optional_text(from)?.unwrap_or_default())
}

/// As [`text`], but distinguishes a missing text from an empty one.
pub(super) fn optional_text<'de, D: Deserializer<'de>>(
    from: D,
) -> Result<Option<String>, D::Error> {
    Ok(Option::<Value>::deserialize(from)?.as_ref().and_then(as_text))
}

/// Reads a list of texts. Null is an empty list, and an object is represented by its identifying
/// member.
pub(super) fn texts<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<String>, D::Error> {
    let name = |value: &Value| match value {
        Value::Object(fields) => {
            ["product_code", "code", "name", "id"].iter().find_map(|it| as_text(fields.get(*it)?))
        }
        plain => as_text(plain),
    };
    Ok(match Option::<Value>::deserialize(from)? {
        Some(Value::Array(items)) => items.iter().filter_map(name).collect(),
        Some(Value::String(one)) if !one.is_empty() => vec![one],
        _ => Vec::new(),
    })
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

fn since_1970(number: i64) -> Option<String> {
    let read = if number.abs() > MOST_SECONDS {
        Timestamp::from_millisecond
    } else {
        Timestamp::from_second
    };
    read(number).ok().map(|date| date.to_string())
}

/// Converts a text to RFC 3339. Returns `None` if it does not have the outline of a date.
fn rfc_3339(text: &str) -> Option<String> {
    let date = text.get(..10).filter(|date| fits(date, "0000-00-00"))?;
    let rest = text.get(10..)?;
    if rest.is_empty() {
        return Some(format!("{date}T00:00:00Z"));
    }
    let rest = rest.strip_prefix(['T', 't', ' ', '_'])?.trim_start();
    let whole = rest.get(..8).filter(|time| fits(time, "00:00:00"));
    let (time, rest) = if let Some(time) = whole {
        (time.to_owned(), rest.get(8..)?)
    } else {
        let minutes = rest.get(..5).filter(|time| fits(time, "00:00"))?;
        (format!("{minutes}:00"), rest.get(5..)?)
    };
    let (fraction, rest) = match rest.strip_prefix(['.', ',']) {
        Some(digits) => {
            let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
            digits.split_at_checked(end)?
        }
        None => ("", rest),
    };
    let fraction: String = fraction.chars().take(LONGEST_FRACTION).collect();
    let point = if fraction.is_empty() { "" } else { "." };
    Some(format!("{date}T{time}{point}{fraction}{}", offset(rest.trim())?))
}

/// Converts an offset to RFC 3339.
fn offset(text: &str) -> Option<String> {
    if text.is_empty() || ["z", "utc", "gmt"].iter().any(|it| it.eq_ignore_ascii_case(text)) {
        return Some("Z".to_owned());
    }
    let sign = text.get(..1).filter(|sign| ["+", "-"].contains(sign))?;
    let digits = text.get(1..)?;
    let (hours, minutes) = match digits.len() {
        2 => (digits, "00"),
        4 => digits.split_at_checked(2)?,
        5 => digits.split_once(':')?,
        _ => return None,
    };
    (fits(hours, "00") && fits(minutes, "00")).then(|| format!("{sign}{hours}:{minutes}"))
}

/// Reports whether the text has a digit wherever the outline has one, and the same character
/// elsewhere.
fn fits(text: &str, outline: &str) -> bool {
    text.len() == outline.len()
        && text.bytes().zip(outline.bytes()).all(|(byte, wanted)| match wanted {
            b'0' => byte.is_ascii_digit(),
            sign => byte == sign,
        })
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    #[derive(Deserialize)]
    struct One {
        #[serde(default, deserialize_with = "date")]
        date: Option<String>,
        #[serde(default, deserialize_with = "flag")]
        flag: bool,
        #[serde(default, deserialize_with = "text")]
        text: String,
        #[serde(default, deserialize_with = "texts")]
        texts: Vec<String>,
    }

    #[test]
    fn dates_of_all_formats_become_rfc_3339() {
        for (came, read) in [
            (json!("2025-01-01T00:00:00"), "2025-01-01T00:00:00Z"),
            (json!("2030-01-01 00:00:00+00:00"), "2030-01-01T00:00:00+00:00"),
            (json!("2030-01-01 00:00:00.123456"), "2030-01-01T00:00:00.123456Z"),
            (json!("2030-01-01T00:00:00.123456789012Z"), "2030-01-01T00:00:00.123456789Z"),
            (json!("2030-01-01t02:00:00,5+0200"), "2030-01-01T02:00:00.5+02:00"),
            (json!("2030-01-01T00:00:00-05"), "2030-01-01T00:00:00-05:00"),
            (json!("2030-01-01 00:00 UTC"), "2030-01-01T00:00:00Z"),
            (json!("9999-12-31T23:59:59-23:59"), "9999-12-31T23:59:59-23:59"),
            (json!(" 2030-01-01 "), "2030-01-01T00:00:00Z"),
            (json!(1_893_456_000), "2030-01-01T00:00:00Z"),
            (json!(1_893_456_000_000_i64), "2030-01-01T00:00:00Z"),
            (json!("at some time"), "at some time"),
            (json!("2030-01-01T00:00:00+1"), "2030-01-01T00:00:00+1"),
        ] {
            let one: One = from_value(json!({"date": came})).unwrap();
            assert_eq!(one.date.as_deref(), Some(read), "{came}");
        }
        for nothing in [json!({}), json!({"date": null}), json!({"date": ""}), json!({"date": {}})]
        {
            assert_eq!(from_value::<One>(nothing.clone()).unwrap().date, None, "{nothing}");
        }
    }

    #[test]
    fn empty_flags_and_texts_are_accepted() {
        for (came, read) in [
            (json!(true), true),
            (json!("True"), true),
            (json!(1), true),
            (json!(null), false),
            (json!("false"), false),
            (json!([]), false),
        ] {
            assert_eq!(from_value::<One>(json!({"flag": came})).unwrap().flag, read, "{came}");
        }
        let one: One = from_value(json!({"text": null, "texts": null})).unwrap();
        assert_eq!((one.text.as_str(), one.texts.len()), ("", 0));
        let codes = json!(["a", null, {"product_code": "b"}, {"name": "c"}, {}]);
        let one: One = from_value(json!({"text": 7, "texts": codes})).unwrap();
        assert_eq!(one.text, "7");
        assert_eq!(one.texts, ["a", "b", "c"]);
    }
}
