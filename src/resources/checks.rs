//! Checks and comparisons of attribute values that several resources share.

use crate::client::UserId;
use crate::tf_provider::value::Value;

/// Whether two addresses are the same, spelling aside: Anaconda does not tell case apart.
pub(super) fn same_email(a: &Value, b: &Value) -> bool {
    match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.to_lowercase() == b.to_lowercase(),
        _ => false,
    }
}

/// Whether two UUIDs are the same, spelling aside.
pub(super) fn same_id(a: &Value, b: &Value) -> bool {
    match (a.as_str().map(UserId::parse), b.as_str().map(UserId::parse)) {
        (Some(Ok(a)), Some(Ok(b))) => a == b,
        _ => false,
    }
}

/// Refuses what is clearly no e-mail address.
pub(crate) fn is_email(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    if looks_like_email(text) {
        return Ok(());
    }
    // Quoted with escapes: a character that nobody sees is the reason then.
    Err(format!(
        "{text:?} is not a valid email address. It must look like ada@example.com. For a user that \
         belongs to the organization and to no person, leave it out."
    ))
}

/// Whether text has the form of an e-mail address. Only what surely is none is refused: the API
/// checks more.
pub(crate) fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let special = |c: char| "()<>[]:;@\\,\"".contains(c);
    let plain = |part: &str| !part.is_empty() && !part.contains(|c| special(c) || is_unseen(c));
    let is_label = |label: &str| plain(label) && !label.starts_with('-') && !label.ends_with('-');
    local.split('.').all(plain)
        && domain.split('.').all(is_label)
        && domain.contains('.')
        && local.len() <= 64
        && text.len() <= 254
}

/// Whether a character takes part in no address and is mostly not seen: blanks, controls, and what
/// only steers how text is shown, such as the zero-width space that comes with copied text.
fn is_unseen(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{ffff}' | '\u{e000}'..='\u{f8ff}'
            | '\u{e0000}'..='\u{10ffff}')
}

/// Refuses what is no user's id.
pub(crate) fn is_user_id(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match UserId::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "{text:?} is not a valid user ID. It must be a UUID, as in `anaconda_user.<NAME>.id`."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in
            ["ada@example.com", "a.b+c@x.y.org", "ü@exämple.de", "o'brien@x-y.org", "a_b-c!@1.de"]
        {
            assert!(looks_like_email(good), "{good}");
        }
        for bad in [
            "",
            "ada",
            "@example.com",
            "ada@",
            "ada@example",
            "a b@x.org",
            "a@b@x.org",
            "a@.org",
            "a@x.",
            "a@-x.org",
            "a@x-.org",
            ".a@x.org",
            "a..b@x.org",
            "a@x.org,",
            "Ada<a@x.org>",
            "a\u{200b}da@x.org",
            "ada@x.org\u{feff}",
            "\u{202e}ada@x.org",
            "ada@x\u{ad}.org",
            "a\0@x.org",
            &format!("{}@x.org", "a".repeat(65)),
            &format!("a@{}.org", "x".repeat(250)),
        ] {
            assert!(!looks_like_email(bad), "{bad}");
        }
    }
}
