//! [`Private`]: what the plugin layer remembers beside a state, and [`mark`]s between plan calls.
//!
//! Terraform stores these bytes with the object, shows them to nobody, and hands them back with
//! every call. They answer what no API tells:
//!
//! - when this provider wrote the object last. A service whose lists lag behind writes needs that to
//!   tell a new object from one that was removed.
//! - the scope of the client that wrote or found it. In another scope nothing of the object is found,
//!   which must not be taken for its removal.
//!
//! - what is left to do of a change whose last steps failed, where an error would taint the object.
//!
//! A tainted object has no memory: Terraform plans it as a new one.

use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The name of a mark among the private data of a plan.
const MARK: &str = "plan";

/// What is known of an object besides its state. Nothing of an imported one, or of one whose state
/// was written by a version that remembered nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(in crate::tf_provider) struct PrivateState {
    /// When it was created or changed last, in seconds since 1970.
    written: Option<u64>,
    /// The scope that it belongs to: see [`Client::scope`](super::cx::Client::scope).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    scope: Option<String>,
    /// What is left to do of a change that was stored as done.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    left: Vec<String>,
    /// What the resource itself has noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// What a later version remembers besides.
    #[serde(flatten)]
    more: Map<String, Value>,
}

impl PrivateState {
    /// The same without a mark: it is for the plan calls of one run.
    pub(in crate::tf_provider) fn unmarked(mut self) -> Self {
        self.more.remove(MARK);
        self
    }

    /// The same, of an object that is written now.
    pub(in crate::tf_provider) fn written_now(self) -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Self { written: now.ok().map(|age| age.as_secs()), ..self }
    }

    /// The same with what the resource has noted.
    pub(in crate::tf_provider) fn with_note(self, note: Option<String>) -> Self {
        Self { note, ..self }
    }

    /// What the resource has noted.
    pub(in crate::tf_provider) fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// The same, of an object that was made or found in this scope. A scope that is remembered stays.
    pub(in crate::tf_provider) fn in_scope(self, scope: Option<String>) -> Self {
        Self { scope: self.scope.or(scope), ..self }
    }

    /// The same, of an object with which so much is left to do.
    pub(in crate::tf_provider) fn with_left(self, left: Vec<String>) -> Self {
        Self { left, ..self }
    }

    /// What is left to do with the object.
    pub(in crate::tf_provider) fn left(&self) -> &[String] {
        &self.left
    }

    /// The scope that the object belongs to, if that is remembered.
    pub(in crate::tf_provider) fn scope(&self) -> Option<&str> {
        self.scope.as_deref()
    }

    /// When this provider created or changed the object last.
    pub(in crate::tf_provider) fn written(&self) -> Option<SystemTime> {
        SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(self.written?))
    }

    /// Reads stored bytes. What cannot be read, such as what a later version wrote, counts as
    /// nothing known: these are hints, and no state may become unusable over one.
    pub(in crate::tf_provider) fn decode(bytes: &[u8]) -> Self {
        serde_json::from_slice(bytes).unwrap_or_default()
    }

    /// The bytes to store.
    pub(in crate::tf_provider) fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// The mark that an earlier plan call left in these bytes.
///
/// Terraform plans a replacement with two calls, and names the object in neither. What the first
/// call answers as its planned private data is the prior private data of the second, and of no
/// other call. So a mark in these bytes shows that both calls belong together.
pub(in crate::tf_provider) fn mark(bytes: &[u8]) -> Option<String> {
    fields(bytes).get(MARK)?.as_str().map(str::to_owned)
}

/// The same bytes with a mark. Whatever else they hold stays.
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
