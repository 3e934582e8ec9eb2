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

/// Refuses what is clearly no e-mail address.
pub(crate) fn is_email(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    if looks_like_email(text) {
        return Ok(());
    }
    Err(format!(
        "\"{text}\" is no e-mail address; it must look like ada@example.com. For a user that \
         belongs to the organization and to no person, leave it out."
    ))
}

/// Whether text has the form of an e-mail address.
pub(crate) fn looks_like_email(text: &str) -> bool {
    let Some((local, domain)) = text.split_once('@') else { return false };
    let plain = |part: &str| {
        !part.is_empty()
            && !part.contains(|c: char| c.is_whitespace() || c.is_control() || c == '@')
    };
    let labels = domain.split('.').all(|label| !label.is_empty());
    plain(local) && plain(domain) && labels && domain.contains('.') && text.len() <= 254
}

/// Refuses what is no user's id.
pub(crate) fn is_user_id(value: &Value) -> Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match UserId::parse(text) {
        Ok(_) => Ok(()),
        Err(_) => Err(format!(
            "\"{text}\" is no user id; it must be a UUID, as in `anaconda_user.NAME.id`."
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_told_from_other_text() {
        for good in ["ada@example.com", "a.b+c@x.y.org", "ü@exämple.de"] {
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
        ] {
            assert!(!looks_like_email(bad), "{bad}");
        }
    }
}
