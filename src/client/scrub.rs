//! Takes known secrets out of text that a server sent.
//!
//! Servers echo: a debug page shows the form it got, a validation message quotes the value. Each
//! secret that the client sends or receives is learnt here, and each text that goes into an error
//! passes through here first.

use std::fmt::Write as _;
use std::sync::{Mutex, PoisonError};

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

    /// The text with every known secret masked, also where it is form-encoded.
    pub(super) fn scrub(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.0.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            for spelling in [secret.expose(), &form_encoded(secret.expose())] {
                if text.contains(spelling) {
                    text = text.replace(spelling, MASK);
                }
            }
        }
        text
    }
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
    fn every_spelling_of_every_known_secret_is_masked() {
        let known = KnownSecrets::default();
        known.learn(&Secret::new("p&ss word".into()));
        known.learn(&Secret::new("bearer-1".into()));
        known.learn(&Secret::new(String::new()));
        let text = known.scrub("p&ss word, password=p%26ss+word, and bearer-1 for you");
        assert_eq!(text, "***, password=***, and *** for you");
    }
}
