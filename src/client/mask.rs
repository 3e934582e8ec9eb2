//! Masks known secrets in text that a server sent.
//!
//! Servers echo input: a debug page shows the submitted form, and a validation message quotes the
//! value. The client adds each secret that it sends or receives, and masks each text that becomes
//! part of an error.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

use zeroize::Zeroizing;

use crate::secret::Secret;

/// Replacement for a secret.
const MASK: &str = "***";

/// All secrets that were added so far.
#[derive(Default)]
pub(super) struct KnownSecrets(Mutex<Vec<Secret>>);

impl KnownSecrets {
    /// Adds a secret, which is masked from now on.
    pub(super) fn add(&self, secret: &Secret) {
        if !secret.is_empty() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).push(secret.clone());
        }
    }

    /// Masks every known secret in the text, also if it is encoded for a form, a URL, JSON, or a
    /// web page.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            let secret = secret.expose();
            mask(&mut text, secret);
            // Most secrets are the same in every encoding.
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

/// Returns the encodings in which servers quote a text.
fn spellings(text: &str) -> [Zeroizing<String>; 6] {
    let form = form_encoded(text);
    let address = form.replace('+', "%20");
    let json = serde_json::Value::from(text).to_string();
    let json = json.strip_prefix('"').and_then(|json| json.strip_suffix('"')).unwrap_or(&json);
    let page = ["&amp;", "&lt;", "&gt;", "&quot;", "&#x27;"];
    let page = "&<>\"'".chars().zip(page).fold(text.to_owned(), |page, (sign, name)| {
        // The ampersand is replaced first, so that the entities of the other characters remain.
        page.replace(sign, name)
    });
    [lower_escapes(&form), lower_escapes(&address), form, address, json.to_owned(), page]
        .map(Zeroizing::new)
}

/// Returns the text with lowercase escapes: `%2f` instead of `%2F`.
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

/// Encodes a text as `application/x-www-form-urlencoded`.
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
        known.add(&Secret::new("p&ss word".into()));
        known.add(&Secret::new("bearer-1".into()));
        known.add(&Secret::new(String::new()));
        let text = known.mask("p&ss word, password=p%26ss+word, and bearer-1 for you");
        assert_eq!(text, "***, password=***, and *** for you");
    }

    #[test]
    fn secret_is_masked_in_any_server_encoding() {
        let known = KnownSecrets::default();
        known.add(&Secret::new("a/\"b\\ &c".into()));
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
