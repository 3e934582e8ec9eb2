//! Date-times: read strictly as RFC 3339, shown the one way the API shows them.

use jiff::tz::TimeZone;
use jiff::{RoundMode, Timestamp, TimestampRound, ToSpan, Unit};

/// Reads an RFC 3339 date-time; `None` for anything else, also for what ISO 8601 would allow
/// beyond it (a missing offset, a date alone, no separators).
///
/// What is smaller than a microsecond is cut off, as a service in Python does. The last day of the
/// year 9999, of which a [`Timestamp`] has but a part, is the end of time.
pub(crate) fn parse(text: &str) -> Option<Timestamp> {
    let has_rfc_3339_shape = {
        let (date, rest) = text.split_at_checked(10)?;
        let (separator, rest) = rest.split_at_checked(1)?;
        let (time, rest) = rest.split_at_checked(8)?;
        let (fraction, offset) = rest.split_at(rest.find(['Z', 'z', '+', '-'])?);
        is_like(date, "0000-00-00")
            && matches!(separator, "T" | "t")
            && is_like(time, "00:00:00")
            && (fraction.is_empty() || is_fraction(fraction))
            && (matches!(offset, "Z" | "z")
                || offset.get(1..).is_some_and(|hours| is_like(hours, "00:00")))
    };
    if !has_rfc_3339_shape {
        return None;
    }
    let micros = TimestampRound::new().smallest(Unit::Microsecond).mode(RoundMode::Trunc);
    match text.parse::<Timestamp>() {
        Ok(instant) => instant.round(micros).ok(),
        Err(_) => is_last_day(text).then_some(Timestamp::MAX),
    }
}

/// Shows a date-time as the API does: in UTC, with a numeric offset
/// (`2026-12-31T00:00:00+00:00`). That may differ from the spelling that was sent.
pub(crate) fn show(instant: Timestamp) -> String {
    if instant == Timestamp::MAX {
        return "9999-12-31T23:59:59+00:00".to_owned();
    }
    instant.strftime("%Y-%m-%dT%H:%M:%S%.f+00:00").to_string()
}

/// Shows a date-time as HTTP's headers have it (`Sun, 06 Nov 1994 08:49:37 GMT`).
pub(crate) fn for_headers(instant: Timestamp) -> String {
    instant.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// The same day and time so many months later; the end of time when there is no such date.
pub(crate) fn plus_months(instant: Timestamp, months: u32) -> Timestamp {
    let later =
        instant.to_zoned(TimeZone::UTC).checked_add(i64::from(months.min(120_000)).months());
    later.map_or(Timestamp::MAX, |zoned| zoned.timestamp())
}

fn is_last_day(text: &str) -> bool {
    let (date, rest) = text.split_at_checked(10).unwrap_or_default();
    let time = rest.get(1..9).and_then(|time| time.parse::<jiff::civil::Time>().ok());
    date == "9999-12-31" && time.is_some()
}

/// Whether the text has a digit where the pattern has one and is the same everywhere else.
fn is_like(text: &str, pattern: &str) -> bool {
    text.len() == pattern.len()
        && text.bytes().zip(pattern.bytes()).all(|(byte, model)| match model {
            b'0' => byte.is_ascii_digit(),
            _ => byte == model,
        })
}

fn is_fraction(text: &str) -> bool {
    text.strip_prefix('.').is_some_and(|digits| {
        !digits.is_empty() && digits.len() <= 9 && digits.bytes().all(|b| b.is_ascii_digit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_parse_rfc_3339_and_display_utc() {
        for (sent, shown) in [
            ("2026-12-31T00:00:00Z", "2026-12-31T00:00:00+00:00"),
            ("2026-12-31T00:00:00+00:00", "2026-12-31T00:00:00+00:00"),
            ("2026-12-31t02:30:00+02:30", "2026-12-31T00:00:00+00:00"),
            ("2026-12-31T00:00:00.250z", "2026-12-31T00:00:00.25+00:00"),
            ("2026-12-30T19:00:00-05:00", "2026-12-31T00:00:00+00:00"),
            ("2026-12-31T00:00:00.123456789Z", "2026-12-31T00:00:00.123456+00:00"),
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59+00:00"),
        ] {
            assert_eq!(parse(sent).map(show).as_deref(), Some(shown), "{sent}");
        }
    }

    #[test]
    fn dates_reject_other_than_rfc_3339() {
        for text in [
            "",
            "2026-12-31",
            "2026-12-31T00:00:00",
            "2026-12-31 00:00:00Z",
            "20261231T000000Z",
            "2026-12-31T00:00Z",
            "2026-12-31T00:00:00.Z",
            "2026-12-31T00:00:00+0000",
            "2026-12-31T00:00:00+00",
            "2026-13-01T00:00:00Z",
            "2026-02-30T00:00:00Z",
            "9999-12-31T25:00:00Z",
            "2026-12-31T00:00:00Z[Europe/Paris]",
            "tomorrow, at the latest",
            "äääääääääääääää",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn added_months_are_calendar_months() {
        let end = parse("2026-11-30T12:00:00Z").unwrap();
        assert_eq!(show(plus_months(end, 3)), "2027-02-28T12:00:00+00:00");
        assert_eq!(plus_months(end, u32::MAX), Timestamp::MAX);
    }
}
