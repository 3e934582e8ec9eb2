//! The `timeouts` block that Terraform users know.

use std::time::Duration;

use jiff::SignedDuration;

use crate::client::Org;
use crate::tf_provider::prelude::*;
use crate::tf_provider::schema::{Attribute, Block};

/// Timeouts of operations, as durations such as `30s`, `10m`, or `1h30m`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Timeouts {
    pub(super) create: Option<String>,
    pub(super) delete: Option<String>,
}

/// Returns the block with these attributes.
pub(super) fn block<const N: usize>(attributes: [(&'static str, &'static str); N]) -> Block {
    let attribute = |(name, description): (&'static str, &'static str)| -> Attribute {
        optional(name, Type::String, description).check(is_duration)
    };
    Block {
        name: "timeouts",
        description: "Timeouts of operations, as durations such as `30s`, `10m`, or `1h30m`.",
        attributes: attributes.map(attribute).into(),
    }
}

impl Timeouts {
    /// Returns a client for a create.
    ///
    /// If the user set a timeout, requests are retried until it has passed. Otherwise they are
    /// retried the usual number of times, for at most `default`.
    pub(super) fn for_create(this: Option<&Self>, org: &Org, default: Duration) -> Org {
        org_for(org, this.and_then(|timeouts| parse(timeouts.create.as_deref()?)), default)
    }

    /// Returns a client for a delete, like [`Self::for_create`].
    pub(super) fn for_delete(this: Option<&Self>, org: &Org, default: Duration) -> Org {
        org_for(org, this.and_then(|timeouts| parse(timeouts.delete.as_deref()?)), default)
    }

    /// Returns the timeout of a create, or `default`.
    pub(super) fn create(this: Option<&Self>, default: Duration) -> Duration {
        this.and_then(|timeouts| parse(timeouts.create.as_deref()?)).unwrap_or(default)
    }
}

fn org_for(org: &Org, set: Option<Duration>, default: Duration) -> Org {
    match set {
        Some(time) => org.within(time),
        None => org.at_most(default),
    }
}

/// The longest timeout.
///
/// No run lasts a year, and a clock cannot represent the end of the longest durations that a user
/// can write.
const MAX_TIMEOUT: Duration = Duration::from_secs(365 * 24 * 60 * 60);

fn parse(text: &str) -> Option<Duration> {
    let duration: SignedDuration = text.parse().ok()?;
    Some(Duration::try_from(duration).ok()?.min(MAX_TIMEOUT))
}

fn is_duration(value: &Value) -> std::result::Result<(), String> {
    let text = value.as_str().unwrap_or_default();
    match parse(text) {
        Some(_) => Ok(()),
        None => {
            Err(format!("{text:?} is not a valid duration. It must look like 30s, 10m, or 1h30m."))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_parse_in_terraform_format() {
        for (text, seconds) in [("30s", 30), ("10m", 600), ("1h30m", 5400), ("0s", 0)] {
            assert_eq!(parse(text), Some(Duration::from_secs(seconds)), "{text}");
        }
        for text in ["8760h", "8761h", "2562047h47m16.854775807s", "2562047788015215h"] {
            assert_eq!(parse(text), Some(MAX_TIMEOUT), "{text}");
        }
        for text in
            ["", "10", "2562047788015216h", "9223372036854775808s", "-5s", "soon", "1 fortnight"]
        {
            assert_eq!(parse(text), None, "{text}");
        }
    }
}
