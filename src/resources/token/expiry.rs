//! When a token ends: dates as in RFC 3339, compared as instants.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use crate::tf_provider::value::Value;

/// Reads a date and time as in RFC 3339, and nothing else: `2027-01-31T00:00:00Z`, with any offset
/// and with or without fractions of a second.
pub(super) fn parse(text: &str) -> Option<Timestamp> {
    // jiff also reads forms that other tools do not, so the outline is checked first.
    let bytes = text.as_bytes();
    let outline =
        |at: usize, sign: u8| bytes.get(at).is_some_and(|b| b.eq_ignore_ascii_case(&sign));
    let separators = [(4, b'-'), (7, b'-'), (10, b'T'), (13, b':'), (16, b':')];
    let date_and_time = separators.iter().all(|(at, sign)| outline(*at, *sign));
    let rest =
        text.get(19..)?.trim_start_matches('.').trim_start_matches(|c: char| c.is_ascii_digit());
    let offset = matches!(rest.as_bytes(), [b'Z' | b'z'] | [b'+' | b'-', _, _, b':', _, _]);
    if date_and_time && offset { text.parse().ok() } else { None }
}

/// Whether two dates are the same instant, however they are written.
pub(super) fn same_instant(a: &Value, b: &Value) -> bool {
    match (a.as_str().and_then(parse), b.as_str().and_then(parse)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// Refuses what is no date and time.
pub(crate) fn is_date(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match parse(text) {
        Some(_) => Ok(()),
        None => Err(format!(
            "\"{text}\" is no date and time as in RFC 3339; it must look like \
             2027-01-31T00:00:00Z or 2027-01-31T00:00:00+01:00."
        )),
    }
}

/// The instant from which a token with this expiry and so many months of grace works no more.
pub(super) fn end(expires_at: Timestamp, months_of_grace: u32) -> Timestamp {
    // A date beyond the calendar never comes.
    let grace = Span::new().try_months(months_of_grace);
    let date = expires_at.to_zoned(TimeZone::UTC);
    grace.and_then(|grace| date.checked_add(grace)).map_or(Timestamp::MAX, |end| end.timestamp())
}

/// Whether `end` is no more than so many hours away, or over.
pub(super) fn is_near(end: Timestamp, hours: u32, now: Timestamp) -> bool {
    now.checked_add(SignedDuration::from_hours(hours.into())).is_ok_and(|soon| end <= soon)
}

/// Whether the API's date says the same as ours. It may show the end with the months of grace.
pub(super) fn says_the_same(theirs: &str, ours: &str, months_of_grace: u32) -> bool {
    match (parse(theirs), parse(ours)) {
        (Some(theirs), Some(ours)) => theirs == ours || theirs == end(ours, months_of_grace),
        _ => theirs == ours,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_as_in_rfc_3339_and_in_no_other_form() {
        for good in [
            "2027-01-31T00:00:00Z",
            "2027-01-31T01:00:00+01:00",
            "2027-01-31t00:00:00.123456z",
            "2027-01-30T19:30:00-04:30",
        ] {
            assert!(parse(good).is_some(), "{good}");
        }
        for bad in [
            "",
            "tomorrow",
            "2027-01-31",
            "2027-01-31T00:00Z",
            "2027-01-31 00:00:00Z",
            "2027-01-31T00:00:00",
            "2027-13-31T00:00:00Z",
            "20270131T000000Z",
            "2027-01-31T00:00:00Z[UTC]",
            "2027-01-31T00:00:00+01",
            "ä027-01-31T00:00:00Z",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn spellings_of_one_instant_are_the_same() {
        let same = |a: &str, b: &str| same_instant(&a.into(), &b.into());
        assert!(same("2027-01-31T00:00:00Z", "2027-01-31T01:00:00.000+01:00"));
        assert!(!same("2027-01-31T00:00:00Z", "2027-01-31T00:00:01Z"));
        assert!(!same("never", "never"));
    }

    #[test]
    fn grace_moves_the_end_by_months_of_the_calendar() {
        let january = parse("2027-01-31T00:00:00Z").unwrap();
        assert_eq!(end(january, 0), january);
        assert_eq!(end(january, 1), parse("2027-02-28T00:00:00Z").unwrap());
        assert_eq!(end(january, u32::MAX), Timestamp::MAX);
    }

    #[test]
    fn the_api_may_show_the_end_with_or_without_grace() {
        let ours = "2027-01-31T00:00:00Z";
        assert!(says_the_same("2027-01-31T00:00:00+00:00", ours, 3));
        assert!(says_the_same("2027-04-30T00:00:00+00:00", ours, 3));
        assert!(!says_the_same("2027-04-30T00:00:00+00:00", ours, 0));
    }
}
