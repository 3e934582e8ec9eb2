//! [`SecretStore`]: generates secrets and records all of them.

use std::fmt;

use uuid::Uuid;

/// Generates random secrets with a recognizable prefix, and keeps the list of `GET /_sandbox/secrets`.
/// Tests search logs, plans, and states for all of them.
#[derive(Default)]
pub(crate) struct SecretStore {
    known: Vec<String>,
}

impl SecretStore {
    /// Value of a user's token: `sbx_token_` and 64 hexadecimal digits.
    pub(crate) fn token(&mut self) -> String {
        self.make("sbx_token_")
    }

    /// Secret of a service account: `sbx_secret_` and 64 hexadecimal digits.
    pub(crate) fn client_secret(&mut self) -> String {
        self.make("sbx_secret_")
    }

    /// An access token: `sbx_bearer_` and 64 hexadecimal digits.
    pub(crate) fn bearer(&mut self) -> String {
        self.make("sbx_bearer_")
    }

    /// Records a secret from outside.
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

impl fmt::Debug for SecretStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretStore({} secrets)", self.known.len())
    }
}

/// A secret to compare with. `Debug` masks it.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct SecretString(String);

impl SecretString {
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

impl fmt::Debug for SecretString {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generated_and_added_secrets_are_stored_once() {
        let mut secrets = SecretStore::default();
        let made = [secrets.token(), secrets.client_secret(), secrets.bearer()];
        secrets.remember("password");
        secrets.remember("password");
        secrets.remember("");
        assert_eq!(secrets.known().len(), 4);
        assert!(made.iter().all(|secret| secrets.known().contains(secret)));
        assert!(made.iter().all(|secret| secret.len() >= 74));
    }

    #[test]
    fn generated_secrets_are_all_different() {
        let mut secrets = SecretStore::default();
        assert_ne!(secrets.token(), secrets.token());
    }

    #[test]
    fn secret_string_compares_text_and_hides_it() {
        let hidden = SecretString::new("hunter2".into());
        assert!(hidden.matches("hunter2"));
        assert!(!hidden.matches("hunter3") && !hidden.matches("hunter") && !hidden.matches(""));
        assert_eq!(format!("{hidden:?}"), "(secret)");
    }
}
