//! Takes known secrets out of text that a server sent.
//!
//! Servers echo: a debug page shows the form it got, a validation message quotes the value. Each
//! secret that the client sends or receives is learnt here, and each text that goes into an error
//! passes through here first.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::secret::Secret;

/// What a secret is replaced by.
const MASK: &str = "***";

/// All secrets seen so far.
#[derive(Default)]
pub(super) struct KnownSecrets(Mutex<Vec<Secret>>);

impl KnownSecrets {
    /// From now on `secret` is masked.
    pub(super) fn learn(&self, secret: &Secret) {
        if !secret.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(secret.clone());
        }
    }

    /// The text with every known secret masked, also where it is encoded for a form, an address,
    /// JSON or a web page.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let secret = secret.expose();
            mask(&mut text, secret);
            // Most secrets look the same in every encoding.
            if !secret.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b)) {
                for spelling in spellings(secret) {
                    mask(&mut text, &spelling);
                }
            }
        }
        text
    }
}

fn mask(text: &mut String, spelling: &str) {
    if text.contains(spelling) {
        *text = text.replace(spelling, MASK);
    }
}

/// How servers quote a text.
fn spellings(text: &str) -> [Zeroizing<String>; 6] {
    let form = form_encoded(text);
    let address = form.replace('+', "%20");
    let json = serde_json::Value::from(text).to_string();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json);
    let page = ["&amp;", "&lt;", "&gt;", "&quot;", "&#x27;"];
    let page = "&<>\"'".chars().zip(page).fold(text.to_owned(), |page, (sign, name)| {
        // The ampersand comes first, so the names of the others stay.
        page.replace(sign, name)
    });
    [lower_escapes(&form), lower_escapes(&address), form, address, json.to_owned(), page]
        .map(Zeroizing::new)
}

/// The same with `%2f` in place of `%2F`.
fn lower_escapes(encoded: &str) -> String {
    let mut parts = encoded.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut lower, part| {
        let (digits, rest) = part.split_at_checked(2).unwrap_or((part, ""));
        lower.push('%');
        lower.push_str(&digits.to_ascii_lowercase());
        lower.push_str(rest);
        lower
    })
}

/// The spelling of a text in `application/x-www-form-urlencoded`.
fn form_encoded(text: &str) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut encoded, byte| {
        match byte {
            b' ' => encoded.push('+'),
            b'*' | b'-' | b'.' | b'_' => encoded.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => encoded.push(char::from(byte)),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
        encoded
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_encodings_of_known_secrets_are_masked() {
        let known = KnownSecrets::default();
        known.learn(&Secret::new("p&ss word".into()));
        known.learn(&Secret::new("bearer-1".into()));
        known.learn(&Secret::new(String::new()));
        let text = known.mask("p&ss word, password=p%26ss+word, and bearer-1 for you");
        assert_eq!(text, "***, password=***, and *** for you");
    }

    #[test]
    fn secret_is_masked_in_any_server_encoding() {
        let known = KnownSecrets::default();
        known.learn(&Secret::new("a/\"b\\ &c".into()));
        for echo in [
            "a/\"b\\ &c",
            "a%2F%22b%5C+%26c",
            "a%2f%22b%5c+%26c",
            "a%2F%22b%5C%20%26c",
            "a%2f%22b%5c%20%26c",
            "a/\\\"b\\\\ &c",
            "a/&quot;b\\ &amp;c",
        ] {
            assert_eq!(known.mask(&format!("<{echo}>")), "<***>", "{echo}");
        }
    }
}
