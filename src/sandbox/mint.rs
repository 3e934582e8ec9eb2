//! Makes secrets, and remembers every one that ever existed.

use std::fmt;

use uuid::Uuid;

/// Makes values that nobody can guess, of a shape that everybody recognises, and keeps the list
/// behind `GET /_sandbox/secrets`: a test searches logs, plans and states for all of them.
#[derive(Default)]
pub(crate) struct Mint {
    known: Vec<String>,
}

impl Mint {
    /// Value of a user's token: `sbx_token_` and 64 hexadecimal digits.
    pub(crate) fn token(&mut self) -> String {
        self.make("sbx_token_")
    }

    /// Secret of a service account: `sbx_secret_` and 64 hexadecimal digits.
    pub(crate) fn client_secret(&mut self) -> String {
        self.make("sbx_secret_")
    }

    /// A bearer: `sbx_bearer_` and 64 hexadecimal digits.
    pub(crate) fn bearer(&mut self) -> String {
        self.make("sbx_bearer_")
    }

    /// Remembers a secret that was made elsewhere.
    pub(crate) fn remember(&mut self, secret: &str) {
        if !secret.is_empty() && !self.is_known(secret) {
            self.known.push(secret.to_owned());
        }
    }

    /// All secrets, oldest first.
    pub(crate) fn known(&self) -> &[String] {
        &self.known
    }

    fn is_known(&self, text: &str) -> bool {
        self.known.iter().any(|secret| secret == text)
    }

    fn make(&mut self, prefix: &str) -> String {
        // Two random UUIDs: 244 random bits from the system's generator.
        let secret = format!("{prefix}{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.known.push(secret.clone());
        secret
    }
}

impl fmt::Debug for Mint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mint({} secrets)", self.known.len())
    }
}

/// A secret to compare with. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Hidden(String);

impl Hidden {
    /// Hides a text.
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The text, for the state file and the list of secrets.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }

    /// Whether this is the secret. Takes as long for a near miss as for a far one.
    pub(crate) fn matches(&self, text: &str) -> bool {
        self.0.len() == text.len()
            && self.0.bytes().zip(text.bytes()).fold(0, |differing, (a, b)| differing | (a ^ b))
                == 0
    }
}

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_secret_made_or_remembered_is_known_once() {
        let mut mint = Mint::default();
        let made = [mint.token(), mint.client_secret(), mint.bearer()];
        mint.remember("password");
        mint.remember("password");
        mint.remember("");
        assert_eq!(mint.known().len(), 4);
        assert!(made.iter().all(|secret| mint.known().contains(secret)));
        assert!(made.iter().all(|secret| secret.len() >= 74));
    }

    #[test]
    fn no_two_secrets_are_alike() {
        let mut mint = Mint::default();
        assert_ne!(mint.token(), mint.token());
    }

    #[test]
    fn hidden_matches_the_text_alone_and_shows_nothing() {
        let hidden = Hidden::new("hunter2".into());
        assert!(hidden.matches("hunter2"));
        assert!(!hidden.matches("hunter3") && !hidden.matches("hunter") && !hidden.matches(""));
        assert_eq!(format!("{hidden:?}"), "(secret)");
    }
}
