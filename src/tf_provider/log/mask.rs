//! Masks secrets in the log.

use std::borrow::Cow;
use std::sync::{PoisonError, RwLock};

use zeroize::Zeroizing;

use crate::secret::Secret;

/// Replacement for a secret.
const SHOWN: &str = "***";

/// Secrets of this process, longest first: if one contains another, the whole is replaced.
static SECRETS: RwLock<Vec<Zeroizing<String>>> = RwLock::new(Vec::new());

/// Adds a secret. From now on `***` replaces it in all log output of the plugin.
///
/// Call it as soon as a secret is known: when the provider is configured, and for each token that
/// the API issues. The escaped forms of the text in quotes are replaced as well.
pub fn mask(secret: &Secret) {
    let text = secret.expose();
    let quoted = Zeroizing::new(format!("{text:?}"));
    let json = Zeroizing::new(serde_json::Value::from(text).to_string());
    let mut secrets = SECRETS.write().unwrap_or_else(PoisonError::into_inner);
    for form in [text, inner(&quoted), inner(&json)] {
        if !form.is_empty() && !secrets.iter().any(|known| known.as_str() == form) {
            secrets.push(Zeroizing::new(form.to_owned()));
        }
    }
    secrets.sort_by_key(|secret| std::cmp::Reverse(secret.len()));
}

/// Removes the surrounding quotes.
fn inner(quoted: &str) -> &str {
    quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(quoted)
}

/// Replaces each secret in the text.
pub(crate) fn masked(text: &str) -> Cow<'_, str> {
    let secrets = SECRETS.read().unwrap_or_else(PoisonError::into_inner);
    let mut shown = Cow::Borrowed(text);
    for secret in secrets.iter() {
        if shown.contains(secret.as_str()) {
            shown = Cow::Owned(shown.replace(secret.as_str(), SHOWN));
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_is_masked_everywhere_in_text() {
        mask(&Secret::new("mask-test-one".into()));
        assert_eq!(masked("a mask-test-one,mask-test-one"), "a ***,***");
    }

    #[test]
    fn secret_within_longer_secret_is_masked_completely() {
        mask(&Secret::new("mask-test-long".into()));
        mask(&Secret::new("mask-test-long-er".into()));
        assert_eq!(masked("<mask-test-long-er>"), "<***>");
    }

    #[test]
    fn secret_is_masked_in_quoted_form() {
        let secret = "mask\"test\\quo\u{1}ted";
        mask(&Secret::new(secret.into()));
        assert_eq!(masked(&format!("{secret:?}")), "\"***\"");
        assert_eq!(masked(&serde_json::Value::from(secret).to_string()), "\"***\"");
    }

    #[test]
    fn empty_secret_does_not_mask() {
        mask(&Secret::new(String::new()));
        assert_eq!(masked("plain"), "plain");
    }
}
