//! Expiration dates of tokens: RFC 3339 timestamps, compared as instants.

use std::fmt;

use jiff::civil::{Date, DateTime, Time};
use jiff::{SignedDuration, Span, Timestamp};

use crate::tf_provider::value::Value;

/// An instant with microsecond precision, which is the precision of the API.
///
/// Unlike [`Timestamp`], it extends to the end of the year 9999, because people and subscriptions
/// use such dates for "never".
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment(SignedDuration);

const EPOCH: DateTime = DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

impl Moment {
    /// An instant after every date.
    const NEVER: Self = Self(SignedDuration::MAX);

    /// Returns the instant of a timestamp.
    pub(super) fn of(timestamp: Timestamp) -> Self {
        Self(timestamp.as_duration())
    }

    fn in_utc(self) -> Option<DateTime> {
        EPOCH.checked_add(self.0).ok()
    }
}

/// Formats the instant in UTC, as an RFC 3339 timestamp.
impl fmt::Display for Moment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.in_utc() {
            Some(date) => write!(f, "{date}Z"),
            None => f.write_str("after the year 9999"),
        }
    }
}

/// The accepted date formats.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// RFC 3339 only.
    Strict,
    /// Also formats that an API might return: a space instead of the `T`, and no offset, which
    /// means UTC.
    Lenient,
}

/// Parses an RFC 3339 timestamp and nothing else: `2027-01-31T00:00:00Z`, with any offset, with or
/// without fractions of a second.
pub(super) fn parse(text: &str) -> Option<Moment> {
    read(text, Form::Strict).map(|(moment, _)| moment)
}

/// Parses a date from an API response, which might not be an RFC 3339 timestamp.
pub(super) fn parse_shown(text: &str) -> Option<Moment> {
    read(text, Form::Lenient).map(|(moment, _)| moment)
}

/// Parses a date, and returns it with the unit of its last digit.
fn read(text: &str, form: Form) -> Option<(Moment, SignedDuration)> {
    let mut rest = Rest(text);
    let year = rest.digits(4)?;
    rest.one_of("-")?;
    let month = i8::try_from(rest.digits(2)?).ok()?;
    rest.one_of("-")?;
    let day = i8::try_from(rest.digits(2)?).ok()?;
    rest.one_of(if form == Form::Strict { "Tt" } else { "Tt " })?;
    let hour = i8::try_from(rest.digits(2)?).ok()?;
    rest.one_of(":")?;
    let minute = i8::try_from(rest.digits(2)?).ok()?;
    rest.one_of(":")?;
    let second = i8::try_from(rest.digits(2)?).ok()?;
    let (micros, precision) = if rest.one_of(".").is_some() { rest.fraction()? } else { (0, 0) };
    let offset = match rest.0 {
        "" if form == Form::Lenient => SignedDuration::ZERO,
        _ => rest.offset()?,
    };
    let date = Date::new(i16::try_from(year).ok()?, month, day).ok()?;
    let time = Time::new(hour, minute, second, i32::try_from(micros).ok()? * 1000).ok()?;
    let moment = Moment(date.to_datetime(time).duration_since(EPOCH).checked_sub(offset)?);
    // RFC 3339 cannot write the year 10000, so other programs could not parse the date in UTC.
    moment.in_utc()?;
    let unit = SignedDuration::from_micros(10_i64.checked_pow(6 - precision)?);
    Some((moment, unit))
}

/// The unparsed rest of a text.
struct Rest<'a>(&'a str);

impl Rest<'_> {
    /// Parses exactly `count` digits.
    fn digits(&mut self, count: usize) -> Option<u32> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        if !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        self.0 = rest;
        digits.parse().ok()
    }

    /// Parses one of these characters.
    fn one_of(&mut self, these: &str) -> Option<char> {
        let first = self.0.chars().next().filter(|c| these.contains(*c))?;
        self.0 = self.0.strip_prefix(first)?;
        Some(first)
    }

    /// Parses one or more digits as microseconds, and returns how many of them count.
    ///
    /// Smaller digits are cut off.
    fn fraction(&mut self) -> Option<(u32, u32)> {
        let end = self.0.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.0.len());
        let (digits, rest) = self.0.split_at_checked(end)?;
        self.0 = rest;
        let kept: String = digits.chars().take(6).collect();
        let precision = u32::try_from(kept.len()).ok().filter(|count| *count > 0)?;
        Some((format!("{kept:0<6}").parse().ok()?, precision))
    }

    /// Parses an offset from UTC, which must end the text.
    fn offset(&mut self) -> Option<SignedDuration> {
        let sign = self.one_of("Zz+-")?;
        let offset = if matches!(sign, 'Z' | 'z') {
            SignedDuration::ZERO
        } else {
            let hours = self.digits(2).filter(|hours| *hours < 24)?;
            self.one_of(":")?;
            let minutes = self.digits(2).filter(|minutes| *minutes < 60)?;
            let offset = SignedDuration::from_mins((hours * 60 + minutes).into());
            if sign == '-' { -offset } else { offset }
        };
        self.0.is_empty().then_some(offset)
    }
}

/// Returns a configured date as it is sent: with no more digits than the API stores.
///
/// So nothing depends on whether the API rounds, truncates, or rejects further digits.
pub(super) fn as_sent(text: &str) -> String {
    let Some((whole, rest)) = text.split_once('.') else { return text.to_owned() };
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (digits, offset) = rest.split_at_checked(end).unwrap_or((rest, ""));
    let kept: String = digits.chars().take(6).collect();
    format!("{whole}.{kept}{offset}")
}

/// Reports whether two dates are the same instant, however they are written.
pub(super) fn same_instant(a: &Value, b: &Value) -> bool {
    match (a.as_str().and_then(parse_shown), b.as_str().and_then(parse_shown)) {
        (Some(a), Some(b)) => a == b,
        _ => false,
    }
}

/// Returns an error if the value is not an RFC 3339 timestamp.
pub(crate) fn is_date(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match parse(text) {
        Some(_) => Ok(()),
        None => Err(format!(
            "{text:?} is not an RFC 3339 timestamp up to the year 9999 in UTC. It must look like \
             2027-01-31T00:00:00Z or 2027-01-31T00:00:00+01:00."
        )),
    }
}

/// Returns the instant from which a token with this expiration date and grace period is inactive.
pub(super) fn end_of_grace(expires_at: Moment, months_of_grace: u32) -> Moment {
    // A date beyond the calendar never passes.
    let later = || {
        let grace = Span::new().try_months(months_of_grace).ok()?;
        expires_at.in_utc()?.checked_add(grace).ok()
    };
    match months_of_grace {
        0 => expires_at,
        _ => later().map_or(Moment::NEVER, |date| Moment(date.duration_since(EPOCH))),
    }
}

/// Reports whether `end` is at most `hours` away, or has passed.
pub(super) fn is_near(end: Moment, hours: u32, now: Moment) -> bool {
    let soon = now.0.checked_add(SignedDuration::from_hours(hours.into()));
    soon.is_none_or(|soon| end.0 <= soon)
}

/// Reports whether the API's date equals the configured one, at the precision that the API returns.
///
/// The API might include the grace period in its date.
pub(super) fn is_same_expiration(theirs: &str, configured: &str, months_of_grace: u32) -> bool {
    match (read(theirs, Form::Lenient), parse_shown(configured)) {
        (Some((theirs, unit)), Some(configured)) => {
            let same = |configured: Moment| {
                configured.0.checked_sub(theirs.0).is_some_and(|apart| apart.abs() < unit)
            };
            same(configured) || same(end_of_grace(configured, months_of_grace))
        }
        _ => theirs == configured,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_parse_only_as_rfc_3339() {
        for good in [
            "2027-01-31T00:00:00Z",
            "2027-01-31T01:00:00+01:00",
            "2027-01-31t00:00:00.123456z",
            "2027-01-30T19:30:00-04:30",
            "2027-01-31T00:00:00.1234567890123456789Z",
            "2027-01-31T00:00:00-00:00",
            "2028-02-29T00:00:00Z",
            "0000-01-01T00:00:00+23:59",
            "9999-12-31T23:59:59Z",
            "9999-12-31T23:59:59.999999+23:59",
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
            "2027-02-29T00:00:00Z",
            "2027-01-31T24:00:00Z",
            "2027-01-31T23:59:60Z",
            "2027-01-31T00:00:00.Z",
            "20270131T000000Z",
            "2027-01-31T00:00:00Z[UTC]",
            "2027-01-31T00:00:00Z ",
            " 2027-01-31T00:00:00Z",
            "2027-01-31T00:00:00+01",
            "2027-01-31T00:00:00+0100",
            "2027-01-31T00:00:00+24:00",
            "2027-01-31T00:00:00+01:60",
            "+2027-01-31T00:00:00Z",
            "-2027-01-31T00:00:00Z",
            "10000-01-01T00:00:00Z",
            "9999-12-31T23:59:59-00:01",
            "ä027-01-31T00:00:00Z",
            "٢٠٢٧-01-31T00:00:00Z",
        ] {
            assert!(parse(bad).is_none(), "{bad}");
        }
    }

    #[test]
    fn api_dates_can_lack_separator_and_offset() {
        let same = parse("2030-01-01T00:00:00Z");
        for shown in
            ["2030-01-01 00:00:00+00:00", "2030-01-01T00:00:00", "2030-01-01T01:00:00.0+01:00"]
        {
            assert_eq!(parse_shown(shown), same, "{shown}");
        }
        assert_eq!(parse_shown("2030-01-01"), None);
    }

    #[test]
    fn equal_instants_compare_as_same_date() {
        let same = |a: &str, b: &str| same_instant(&a.into(), &b.into());
        assert!(same("2027-01-31T00:00:00Z", "2027-01-31T01:00:00.000+01:00"));
        assert!(same("2027-01-31T00:00:00.123456Z", "2027-01-31T00:00:00.123456789Z"));
        assert!(!same("2027-01-31T00:00:00.123456Z", "2027-01-31T00:00:00.123457Z"));
        assert!(!same("2027-01-31T00:00:00Z", "2027-01-31T00:00:01Z"));
        assert!(same("9999-12-31T23:59:59Z", "9999-12-31T22:59:59-01:00"));
        assert!(!same("never", "never"));
    }

    #[test]
    fn sent_date_is_limited_to_stored_precision() {
        for (written, sent) in [
            ("2027-01-31T00:00:00Z", "2027-01-31T00:00:00Z"),
            ("2027-01-31T00:00:00.5+01:00", "2027-01-31T00:00:00.5+01:00"),
            ("2027-01-31T00:00:00.123456789Z", "2027-01-31T00:00:00.123456Z"),
        ] {
            assert_eq!(as_sent(written), sent);
        }
    }

    #[test]
    fn grace_period_adds_calendar_months() {
        let january = parse("2027-01-31T00:00:00Z").unwrap();
        assert_eq!(end_of_grace(january, 0), january);
        assert_eq!(end_of_grace(january, 1), parse("2027-02-28T00:00:00Z").unwrap());
        assert_eq!(end_of_grace(january, u32::MAX), Moment::NEVER);
        let last = parse("9999-12-31T23:59:59Z").unwrap();
        assert_eq!((end_of_grace(last, 0), end_of_grace(last, 1)), (last, Moment::NEVER));
    }

    #[test]
    fn renewal_is_due_within_given_hours() {
        let now = parse("2027-01-31T00:00:00Z").unwrap();
        let near = |end: &str| is_near(parse(end).unwrap(), 24, now);
        assert!(near("2027-02-01T00:00:00Z") && near("2020-01-01T00:00:00Z"));
        assert!(!near("2027-02-01T00:00:01Z") && !near("9999-12-31T23:59:59Z"));
    }

    #[test]
    fn api_expiration_can_include_grace_period() {
        let configured = "2027-01-31T00:00:00Z";
        assert!(is_same_expiration("2027-01-31T00:00:00+00:00", configured, 3));
        assert!(is_same_expiration("2027-04-30T00:00:00+00:00", configured, 3));
        assert!(!is_same_expiration("2027-04-30T00:00:00+00:00", configured, 0));
    }

    #[test]
    fn dates_compare_at_precision_of_api() {
        let configured = "2027-01-31T00:00:00.123456789Z";
        for shown in ["00.123456", "00.123", "00.124", "00"] {
            let theirs = format!("2027-01-31T00:00:{shown}+00:00");
            assert!(is_same_expiration(&theirs, configured, 0), "{theirs}");
        }
        for shown in ["00.123457", "00.122", "01.5", "02"] {
            let theirs = format!("2027-01-31T00:00:{shown}+00:00");
            assert!(!is_same_expiration(&theirs, configured, 0), "{theirs}");
        }
    }
}
