//! The format of a text, described without its content.

/// The format of a text.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Format {
    /// An empty text.
    Empty,
    /// A UUID with hyphens.
    Uuid,
    /// A UUID with hyphens and capital letters.
    CapitalUuid,
    /// An email address.
    Email,
    /// A date, or a date and time, as a pattern: `YYYY-MM-DDThh:mm:ssZ`.
    Date(String),
    /// A number that is written as a text.
    Number,
    /// An absolute URL with `http` or `https`.
    Url,
    /// Any other text.
    Plain,
}

impl Format {
    /// Returns the format of `text`.
    pub(super) fn of(text: &str) -> Self {
        if text.is_empty() {
            Self::Empty
        } else if is_uuid(text) {
            let capitals = text.contains(|c: char| c.is_ascii_uppercase());
            if capitals { Self::CapitalUuid } else { Self::Uuid }
        } else if let Some(picture) = date_picture(text) {
            Self::Date(picture)
        } else if text.trim().parse::<f64>().is_ok_and(f64::is_finite) {
            Self::Number
        } else if text.starts_with("https://") || text.starts_with("http://") {
            Self::Url
        } else if is_email(text) {
            Self::Email
        } else {
            Self::Plain
        }
    }

    /// Reports whether it is an RFC 3339 timestamp, which denotes an unambiguous instant.
    pub(super) fn is_rfc3339(&self) -> bool {
        let Self::Date(picture) = self else { return false };
        picture.starts_with("YYYY-MM-DDThh:mm:ss")
            && (picture.ends_with('Z') || picture.ends_with("+hh:mm"))
    }

    /// Returns the description for messages and the report.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Empty => "empty text".to_owned(),
            Self::Uuid => "text: UUID".to_owned(),
            Self::CapitalUuid => "text: UUID in capitals".to_owned(),
            Self::Email => "text: email address".to_owned(),
            Self::Date(picture) => format!("text: date `{picture}`"),
            Self::Number => "text: number".to_owned(),
            Self::Url => "text: URL".to_owned(),
            Self::Plain => "text".to_owned(),
        }
    }
}

fn is_uuid(text: &str) -> bool {
    text.len() == uuid::fmt::Hyphenated::LENGTH && uuid::Uuid::try_parse(text).is_ok()
}

fn is_email(text: &str) -> bool {
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && host.contains('.') && !text.contains(char::is_whitespace)
    })
}

/// Returns the pattern of a date, with letters instead of its digits, or `None` if the text is not
/// a date.
fn date_picture(text: &str) -> Option<String> {
    let rest = text.get(10..)?;
    let mut picture = String::new();
    append_pattern(text.get(..10)?, "YYYY-MM-DD", &mut picture)?;
    if rest.is_empty() {
        return Some(picture);
    }
    let separator = rest.chars().next().filter(|it| matches!(it, 'T' | 't' | ' '))?;
    picture.push(separator);
    let mut rest = rest.get(1..)?;
    append_pattern(rest.get(..5)?, "hh:mm", &mut picture)?;
    rest = rest.get(5..)?;
    if let Some(seconds) = rest.strip_prefix(':') {
        picture.push(':');
        append_pattern(seconds.get(..2)?, "ss", &mut picture)?;
        rest = seconds.get(2..)?;
        if let Some(fraction) = rest.strip_prefix(['.', ',']) {
            picture.push_str(rest.get(..1)?);
            let digits =
                fraction.len() - fraction.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            picture.push_str(&"f".repeat(digits.clamp(1, 12)));
            rest = fraction.get(digits..)?;
        }
    }
    let offset = rest.trim_start_matches(' ');
    picture.push_str(rest.get(..rest.len() - offset.len())?);
    match offset {
        "" => {}
        "Z" | "z" | "UTC" | "GMT" => picture.push_str(offset),
        _ => {
            let digits = offset.strip_prefix(['+', '-'])?;
            let shape = match digits.len() {
                5 => "hh:mm",
                4 => "hhmm",
                2 => "hh",
                _ => return None,
            };
            picture.push('+');
            append_pattern(digits, shape, &mut picture)?;
        }
    }
    Some(picture)
}

/// Appends `shape` to `picture` if `text` has a digit for each of its letters, and the same other
/// characters.
fn append_pattern(text: &str, shape: &str, picture: &mut String) -> Option<()> {
    let fits = |(seen, wanted): (char, char)| match wanted {
        'a'..='z' | 'A'..='Z' => seen.is_ascii_digit(),
        sign => seen == sign,
    };
    let same = text.chars().count() == shape.len() && text.chars().zip(shape.chars()).all(fits);
    same.then(|| picture.push_str(shape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn date_is_reported_without_its_digits() {
        for (text, picture, strict) in [
            ("2030-01-02T03:04:05Z", "YYYY-MM-DDThh:mm:ssZ", true),
            ("2030-01-02T03:04:05.123456+00:00", "YYYY-MM-DDThh:mm:ss.ffffff+hh:mm", true),
            ("2030-01-02T03:04:05-05:00", "YYYY-MM-DDThh:mm:ss+hh:mm", true),
            ("2025-01-01T00:00:00", "YYYY-MM-DDThh:mm:ss", false),
            ("2030-01-01 00:00:00+00:00", "YYYY-MM-DD hh:mm:ss+hh:mm", false),
            ("2030-01-01 00:00:00 UTC", "YYYY-MM-DD hh:mm:ss UTC", false),
            ("2030-01-01T00:00", "YYYY-MM-DDThh:mm", false),
            ("2030-01-01", "YYYY-MM-DD", false),
        ] {
            let format = Format::of(text);
            assert_eq!(format, Format::Date(picture.to_owned()), "{text}");
            assert_eq!(format.is_rfc3339(), strict, "{text}");
        }
        for text in ["2030-01-0x", "2030-01-02T03", "2030-01-02T03:04:05+1", "20300102T030405Z"] {
            assert!(!Format::of(text).describe().contains("date"), "{text}");
        }
    }

    #[test]
    fn other_formats_are_reported_separately() {
        for (text, format) in [
            ("", Format::Empty),
            ("7d1f8a52-0000-4000-8000-000000000001", Format::Uuid),
            ("7D1F8A52-0000-4000-8000-000000000001", Format::CapitalUuid),
            ("ada@example.com", Format::Email),
            ("921", Format::Number),
            ("https://example.com/x", Format::Url),
            ("ada lovelace", Format::Plain),
            ("äöü-äöü-äö", Format::Plain),
        ] {
            assert_eq!(Format::of(text), format, "{text}");
        }
    }
}
