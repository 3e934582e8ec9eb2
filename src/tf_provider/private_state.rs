//! [`PrivateState`]: data that the plugin layer stores with a state, and [`mark`]s between plan
//! RPCs.
//!
//! Terraform stores these bytes with the object, never displays them, and returns them with every
//! RPC. They contain data that the API does not return:
//!
//! - when this provider last wrote the object. A service with stale lists needs this to distinguish
//!   a new object from a removed one.
//! - the scope of the client that wrote or found the object. In another scope the object is never
//!   found, which must not count as its removal.
//! - remaining steps of a change whose last steps failed, because an error would taint the object.
//!
//! A tainted object has no private state: Terraform plans it as a new object.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Key of a mark in the private data of a plan.
const MARK: &str = "plan";

/// Private data of an object. Empty for an imported object, or if an older provider version without
/// private state wrote the state.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tf_provider) struct PrivateState {
    /// Time of the last create or update, in seconds since 1970.
    written: Option<u64>,
    /// Scope of the object: see [`Client::scope`](super::context::Client::scope).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// Remaining steps of a change that was stored as successful.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
    /// Note of the resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Additional data of later provider versions.
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl PrivateState {
    /// Returns the data without a mark, which only the plan RPCs of one run use.
    pub(in crate::tf_provider) fn unmarked(mut self) -> Self {
        self.more.remove(MARK);
        self
    }

    /// Returns the data with the current time as the time of the last write.
    pub(in crate::tf_provider) fn written_now(self) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self { written: now.ok().map(|age| age.as_secs()), ..self }
    }

    /// Returns the data with this note.
    pub(in crate::tf_provider) fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// Returns the note of the resource.
    pub(in crate::tf_provider) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// Returns the data with the scope in which the object was created or found. A scope that is
    /// already stored remains.
    pub(in crate::tf_provider) fn in_scope(self, scope: Option<String>) -> Self {
        Self { scope: self.scope.or(scope), ..self }
    }

    /// Returns the data with these remaining steps.
    pub(in crate::tf_provider) fn with_left(self, left: Vec<String>) -> Self {
        Self { left, ..self }
    }

    /// Returns the remaining steps.
    pub(in crate::tf_provider) fn left(&self) -> &[String] {
        &self.left
    }

    /// Returns the scope of the object, if it is stored.
    pub(in crate::tf_provider) fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// Returns when this provider last created or changed the object.
    pub(in crate::tf_provider) fn written(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.written?))
    }

    /// Decodes stored bytes. Unreadable data, for example of a later version, counts as empty: it
    /// contains only hints, and must never make a state unusable.
    pub(in crate::tf_provider) fn decode(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// Encodes the data as bytes.
    pub(in crate::tf_provider) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Returns the mark that an earlier plan RPC left in these bytes.
///
/// Terraform plans a replacement with two RPCs, and neither names the object. The planned private
/// data of the first response is the prior private data of the second request, and of no other
/// request. Therefore a mark in these bytes shows that both RPCs belong together.
pub(in crate::tf_provider) fn mark(bytes: &[u8]) -> Option<String> {
    fields(bytes).get(MARK)?.as_str().map(str::to_owned)
}

/// Adds a mark to the bytes. All other data remains.
pub(in crate::tf_provider) fn marked(bytes: &[u8], mark: &str) -> Vec<u8> {
    let mut fields = fields(bytes);
    fields.insert(MARK.to_owned(), mark.into());
    serde_json::to_vec(&fields).unwrap_or_default()
}

fn fields(bytes: &[u8]) -> Map<String, Value> {
    serde_json::from_slice(bytes).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mark_round_trips_and_keeps_other_data() {
        let written = marked(br#"{"written": 5, "more": [1]}"#, "run:7");
        assert_eq!(mark(&written).as_deref(), Some("run:7"));
        assert_eq!(
            PrivateState::decode(&written).written(),
            Some(SystemTime::UNIX_EPOCH + Duration::from_secs(5))
        );
        assert!(String::from_utf8_lossy(&written).contains("more"));
        for bytes in [&b""[..], b"private", b"{}", br#"{"plan": 1}"#] {
            assert_eq!(mark(bytes), None, "{bytes:?}");
            assert_eq!(mark(&marked(bytes, "a")).as_deref(), Some("a"), "{bytes:?}");
        }
    }

    #[test]
    fn write_time_round_trips_in_seconds() {
        let private = PrivateState::default().written_now();
        assert_eq!(PrivateState::decode(&private.encode()), private);
        let noted = private.clone().with_note(Some("a note".to_owned()));
        assert_eq!(PrivateState::decode(&noted.encode()).note(), Some("a note"));
        let age = SystemTime::now().duration_since(private.written().unwrap()).unwrap();
        assert!(age < Duration::from_secs(30), "{age:?}");
    }

    #[test]
    fn unreadable_private_state_counts_as_empty() {
        let huge = format!("{{\"written\": {}}}", u64::MAX);
        for bytes in [&b""[..], b"private", b"{}", b"{\"written\": -1}", huge.as_bytes()] {
            assert_eq!(PrivateState::decode(bytes).written(), None, "{bytes:?}");
        }
        let newer = br#"{"written": 5, "more": [1]}"#;
        let five = SystemTime::UNIX_EPOCH + Duration::from_secs(5);
        let private = PrivateState::decode(newer);
        assert_eq!(private.written(), Some(five));
        let kept = PrivateState::decode(&private.in_scope(Some("acme".to_owned())).encode());
        assert_eq!((kept.scope(), &kept.more["more"]), (Some("acme"), &serde_json::json!([1])));
    }

    #[test]
    fn stored_scope_is_kept_unchanged() {
        let private = PrivateState::default().in_scope(None).in_scope(Some("acme".to_owned()));
        let private = private.in_scope(Some("other".to_owned())).written_now();
        assert_eq!(PrivateState::decode(&private.encode()).scope(), Some("acme"));
    }
}
