//! Identifiers, validated once when they enter the client.
//!
//! Every identifier becomes one segment of a URL path. A text that spans more than one segment
//! (`../`, `a/b`, `x?y`) would direct a request to another object. Therefore such a text never
//! becomes an identifier, whether it comes from the user or from the API.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Maximum length of an opaque identifier, in characters. Known identifiers have at most 36.
const LONGEST: usize = 128;

/// Text that is not a valid identifier of the expected type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {wanted}")]
pub struct InvalidId {
    /// The text, cut to 128 characters.
    pub text: String,
    /// Description of a valid identifier, with an article: "a user ID (a UUID, like ...)".
    pub wanted: &'static str,
}

impl InvalidId {
    fn new(text: &str, wanted: &'static str) -> Self {
        Self { text: text.chars().take(LONGEST).collect(), wanted }
    }
}

/// Returns a hyphenated UUID in lowercase, so that each user has one spelling.
fn uuid(text: &str) -> Option<Arc<str>> {
    // `try_parse` alone would also accept braces, `urn:uuid:`, and 32 digits without hyphens.
    let hyphenated = text.len() == uuid::fmt::Hyphenated::LENGTH;
    (hyphenated && uuid::Uuid::try_parse(text).is_ok()).then(|| text.to_ascii_lowercase().into())
}

/// Accepts visible ASCII without the special characters of a path, except dot segments.
fn opaque(text: &str) -> Option<Arc<str>> {
    let safe = |c: char| c.is_ascii_graphic() && !matches!(c, '/' | '\\' | '?' | '#' | '%');
    let fits = (1..=LONGEST).contains(&text.len()) && text.chars().all(safe);
    (fits && text != "." && text != "..").then(|| text.into())
}

macro_rules! identifiers {
    ($($(#[$doc:meta])* $name:ident: $check:ident, $wanted:literal;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Parses a text as an identifier.
            ///
            /// # Errors
            /// Returns [`InvalidId`] if the text does not have the required format.
            pub fn parse(text: &str) -> Result<Self, InvalidId> {
                $check(text).map(Self).ok_or_else(|| InvalidId::new(text, $wanted))
            }

            /// Returns the text, which is safe as one path segment.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Self::parse(text)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
            }
        }
    )*};
}

identifiers! {
    /// ID of a user of the organization: a UUID, stored in lowercase.
    UserId: uuid, "a user ID (a UUID, like 0f1e2d3c-4b5a-4697-8877-665544332211)";
    /// ID of a user's token, not the token value: a UUID, stored in lowercase.
    TokenId: uuid, "a token ID (a UUID, like 0f1e2d3c-4b5a-4697-8877-665544332211)";
    /// Client ID of a service account: opaque text of 1 to 128 visible ASCII characters without `/
    /// \ ? # %`.
    ClientId: opaque, "a client ID (1 to 128 visible ASCII characters, without / \\ ? # %)";
    /// Organization ID: opaque text like that of [`ClientId`]. A UUID, or a name in older
    /// organizations.
    OrgId: opaque, "an organization ID (1 to 128 visible ASCII characters, without / \\ ? # %)";
}

/// Both are UUIDs. If the API does not report the ID of a token, the ID of its user is used
/// instead.
impl From<&UserId> for TokenId {
    fn from(user: &UserId) -> Self {
        Self(Arc::clone(&user.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: &str = "0F1E2D3C-4b5a-4697-8877-665544332211";

    #[test]
    fn uuid_accepts_any_case_and_stores_lowercase() {
        let id = UserId::parse(ADA).unwrap();
        assert_eq!(id.as_str(), ADA.to_ascii_lowercase());
        assert_eq!(id, ADA.to_ascii_lowercase().parse().unwrap());
        assert_eq!(format!("{id} {id:?}"), format!("{0} UserId({0})", ADA.to_ascii_lowercase()));
    }

    #[test]
    fn other_uuid_formats_are_rejected() {
        let bare = ADA.replace('-', "");
        for text in [&bare, &format!("{{{ADA}}}"), &format!("urn:uuid:{ADA}"), "", "../../users"] {
            let refused = TokenId::parse(text).unwrap_err();
            assert!(refused.to_string().contains("token ID"), "{refused}");
        }
    }

    #[test]
    fn opaque_id_stays_in_path_segment() {
        for text in ["", ".", "..", "a/b", "a\\b", "a?b", "a#b", "a%2fb", "a b", "a\nb", "ü"] {
            assert!(OrgId::parse(text).is_err(), "{text:?}");
        }
        assert!(ClientId::parse(&"x".repeat(129)).is_err());
        for text in ["acme", "a.b", "...", "1234abcd-1a2b", "~a_b@c:d"] {
            assert_eq!(ClientId::parse(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn ids_from_json_are_validated_too() {
        assert!(serde_json::from_str::<UserId>("\"me\"").is_err());
        let id: UserId = serde_json::from_str(&format!("{ADA:?}")).unwrap();
        assert_eq!(serde_json::to_value(&id).unwrap(), ADA.to_ascii_lowercase());
    }
}
