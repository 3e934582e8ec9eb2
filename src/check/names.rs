//! The decision which names and codes the report can contain: those that cannot be private.
//!
//! Documented names are always written. Any other name might be a key that is an email address or
//! an ID, and any other code might contain the name of the organization. So it is written only if
//! it looks like a name that a programmer chose, and contains no private text of any response.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};

use super::contract;

/// The maximum length of a name that is written, in characters.
const MAX_LENGTH: usize = 40;

/// The minimum length of a private word that is also searched for inside longer words.
const MIN_INSIDE_LENGTH: usize = 5;

/// The private texts of the settings and responses.
#[derive(Debug, Default)]
pub(super) struct Private {
    /// Hashes of whole texts. The texts themselves, which might be secrets, are not kept.
    whole: HashSet<u64>,
    hasher: RandomState,
    /// The words of email addresses, names, and identifiers, in lowercase.
    words: HashSet<String>,
}

impl Private {
    /// Adds a text that is a value.
    pub(super) fn learn(&mut self, text: &str) {
        self.whole.insert(self.hasher.hash_one(text.to_lowercase()));
    }

    /// Adds a text that identifies a person or the organization.
    pub(super) fn learn_identity(&mut self, text: &str) {
        self.learn(text);
        let lower = text.to_lowercase();
        for word in lower.split(|c: char| !c.is_alphanumeric()).filter(|word| word.len() > 2) {
            self.learn(word);
            if !is_common(word) {
                self.words.insert(word.to_owned());
            }
        }
    }

    /// Reports whether the name of a field can be written.
    ///
    /// `in_record` says whether other names of the same object are documented, which is not the
    /// case for the keys of a map.
    pub(super) fn may_write_name(&self, name: &str, in_record: bool) -> bool {
        contract::is_documented_name(name)
            || (is_identifier(name)
                && self.contains_nothing_private(name)
                && (in_record || words(name).all(|word| is_common(&word))))
    }

    /// Reports whether a code can be written: the value of a place where the API puts its own
    /// codes.
    pub(super) fn may_write_code(&self, code: &str) -> bool {
        contract::is_documented_code(code) || (is_code(code) && self.has_no_private_word(code))
    }

    /// Reports whether the name of a header can be written.
    pub(super) fn may_write_header(&self, name: &str) -> bool {
        let name = name.replace('-', "_");
        is_identifier(&name) && self.contains_nothing_private(&name)
    }

    fn contains_nothing_private(&self, name: &str) -> bool {
        !self.whole.contains(&self.hasher.hash_one(name.to_lowercase()))
            && self.has_no_private_word(name)
    }

    fn has_no_private_word(&self, name: &str) -> bool {
        let lower = name.to_lowercase();
        words(name).all(|word| !self.words.contains(&word))
            && !self
                .words
                .iter()
                .any(|private| private.len() >= MIN_INSIDE_LENGTH && lower.contains(private))
    }
}

/// Reports whether the name is in `snake_case`, in `camelCase`, or one word, with too few digits to
/// be an ID.
fn is_identifier(name: &str) -> bool {
    let digits = name.bytes().filter(u8::is_ascii_digit).count();
    name.len() <= MAX_LENGTH
        && digits <= 2
        && name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !looks_random(name)
}

/// Reports whether the name looks random: random text changes its case frequently.
fn looks_random(name: &str) -> bool {
    let (count, length) =
        words(name).fold((0, 0), |(count, length), word| (count + 1, length + word.len()));
    count > 2 && length < 3 * count
}

/// Reports whether the text consists of lowercase words, as the codes of the API do.
fn is_code(code: &str) -> bool {
    let digits = code.bytes().filter(u8::is_ascii_digit).count();
    (2..=MAX_LENGTH).contains(&code.len())
        && digits <= 2
        && code.starts_with(|c: char| c.is_ascii_lowercase())
        && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"_.-".contains(&b))
}

/// Returns the words of `snake_case` and `camelCase`, in lowercase and without digits at the end.
fn words(name: &str) -> impl Iterator<Item = String> {
    let mut words = vec![String::new()];
    let mut after_small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (after_small && c.is_uppercase()) {
            words.push(String::new());
        }
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
        after_small = c.is_lowercase();
    }
    words
        .into_iter()
        .map(|word| word.trim_end_matches(|c: char| c.is_ascii_digit()).to_owned())
        .filter(|word| !word.is_empty())
}

fn is_common(word: &str) -> bool {
    COMMON.contains(&word)
}

/// Words of which the names in APIs are made.
#[rustfmt::skip]
const COMMON: &[&str] = &[
    "account", "active", "admin", "all", "allowed", "anaconda", "api", "assigned", "at", "available",
    "billing", "by", "can", "category", "channel", "client", "code", "comment", "conda", "count",
    "created", "creation", "current", "cursor", "data", "date", "day", "days", "default", "deleted",
    "description", "detail", "details", "disabled", "display", "domain", "email", "enabled", "end",
    "environment", "error", "errors", "expiration", "expired", "expires", "extra", "feature",
    "features", "first", "flag", "flags", "free", "from", "full", "group", "groups", "has",
    "href", "id", "ids", "image", "info", "interval", "invited", "is", "item", "items", "key", "kind",
    "label", "labels", "language", "last", "level", "license", "limit", "limits", "link", "links",
    "locale", "locked", "login", "managed", "max", "member", "members", "message", "meta", "metadata",
    "min", "mode", "modified", "month", "months", "name", "names", "next", "note", "number", "of",
    "offset", "on", "options", "org", "organization", "owner", "page", "pages", "parent", "pending",
    "period", "permissions", "phone", "plan", "policy", "pool", "position", "prefix", "prev",
    "previous", "primary", "priority", "private", "product", "products", "profile", "provider",
    "public", "purpose", "queue", "quota", "rate", "reason", "ref", "region", "registered", "related",
    "remaining", "removed", "renewal", "renewed", "request", "required", "resource", "result",
    "results", "revoked", "role", "roles", "root", "rule", "rules", "scim", "scope", "scopes", "seat",
    "seats", "seen", "self", "server", "service", "settings", "size", "source", "sso", "start", "state",
    "status", "sub", "subscription", "subscriptions", "summary", "support", "suspended", "system",
    "tags", "target", "team", "teams", "text", "tier", "time", "timestamp", "timezone", "title", "to",
    "token", "tokens", "total", "trial", "type", "types", "unit", "units", "unlimited", "updated",
    "upgrade", "uri", "url", "urls", "usage", "used", "user", "username", "users", "uuid", "valid",
    "value", "values", "verified", "version", "visible", "warning", "window", "year", "years", "zone",
];

#[cfg(test)]
mod tests {
    use super::*;

    fn private() -> Private {
        let mut private = Private::default();
        private.learn_identity("ada.lovelace@acme-rockets.example");
        private.learn_identity("Jupyter Server-1");
        private.learn("hunter");
        private
    }

    #[test]
    fn field_names_are_reported_and_map_keys_not() {
        let private = private();
        for name in ["favorite_color", "lastSeenAt", "x2", "x_edge", "server_region", "_links"] {
            assert!(private.may_write_name(name, true), "{name}");
        }
        for name in [
            "ada@example.com",
            "ada",
            "adaLovelace",
            "alovelace",
            "acme_plan",
            "hunter",
            "7d1f8a52-0000-4000-8000-000000000001",
            "a7f3c9e1b2d4",
            "xK9qPzRtVbNm",
            "aBcDeFgHiJ",
            "with space",
            "",
            "größe",
        ] {
            assert!(!private.may_write_name(name, true), "{name}");
        }
    }

    #[test]
    fn map_reports_only_names_of_common_words() {
        let private = private();
        for name in ["max_seats", "created_at", "isActive", "role"] {
            assert!(private.may_write_name(name, false), "{name}");
        }
        for name in ["grace", "favorite_color", "finance_team", "server"] {
            assert!(!private.may_write_name(name, false), "{name}");
        }
    }

    #[test]
    fn codes_are_reported_unless_they_name_users() {
        let private = private();
        for code in ["member", "owner", "platinum_subscription", "value_error.missing", "hunter"] {
            assert!(private.may_write_code(code), "{code}");
        }
        for code in ["acme_subscription", "Rockets", "lovelace_admin", "a1b2c3d4e5", "No such user"]
        {
            assert!(!private.may_write_code(code), "{code}");
        }
    }

    #[test]
    fn word_list_is_sorted_alphabetically() {
        assert!(COMMON.is_sorted());
    }
}
