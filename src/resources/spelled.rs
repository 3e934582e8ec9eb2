//! [`Spelled`]: an ID as the configuration spells it.

use std::fmt;
use std::ops::Deref;
use std::str::FromStr;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// An ID in the spelling of the configuration.
///
/// The provider compares and sends the canonical ID. Terraform gets back the spelling that it sent.
#[derive(Clone, Debug)]
pub(super) struct Spelled<T> {
    text: String,
    id: T,
}

impl<T: PartialEq> PartialEq for Spelled<T> {
    fn eq(&self, other: &Self) -> bool {
        self.id == other.id
    }
}

impl<T> Deref for Spelled<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.id
    }
}

impl<T: fmt::Display> From<T> for Spelled<T> {
    fn from(id: T) -> Self {
        Self { text: id.to_string(), id }
    }
}

impl<T: fmt::Display> fmt::Display for Spelled<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.id.fmt(f)
    }
}

impl<T> Serialize for Spelled<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}

impl<'de, T: FromStr<Err: fmt::Display>> Deserialize<'de> for Spelled<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let id = text.parse().map_err(D::Error::custom)?;
        Ok(Self { text, id })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::UserId;

    #[test]
    fn spelling_is_kept_and_compares_equal() {
        let capital = "\"0F1E2D3C-4B5A-4697-8877-665544332211\"";
        let spelled: Spelled<UserId> = serde_json::from_str(capital).unwrap();
        assert_eq!(serde_json::to_string(&spelled).unwrap(), capital);
        assert_eq!(spelled.to_string(), capital.trim_matches('"').to_lowercase());
        assert_eq!(spelled, Spelled::from(UserId::parse(&spelled.to_string()).unwrap()));
        assert!(serde_json::from_str::<Spelled<UserId>>("\"ada\"").is_err());
    }
}
