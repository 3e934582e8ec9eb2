//! [`List`]: a search for objects that Terraform might not manage yet.

use std::future::Future;

use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Sender;

use super::context::Context;
use super::diagnostics::{Diagnostics, Result};
use super::model::to_value;
use super::resource::Resource;
use super::schema::Schema;
use super::value::Value;

/// Search for the objects of one resource type. The implementing struct models the filters.
pub trait List: DeserializeOwned + Send + Sync + 'static {
    /// Resource type of the objects. It must have an identity.
    type Resource: Resource;

    /// Returns the schema of the filters.
    fn schema() -> Schema;

    /// Checks the filters beyond the checks of the schema. Any value might be unknown. The check
    /// must not send API requests.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Passes the objects that match the filters to `found`, until there are no more objects or the
    /// limit is reached.
    ///
    /// # Errors
    /// Returns an error if the API could not return the objects. Objects that were already passed
    /// on remain valid.
    fn list(
        cx: &mut Context<<Self::Resource as Resource>::Client>,
        filters: Self,
        found: &mut ListSink,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// One object that was found.
#[derive(Debug)]
pub struct Listed {
    /// Name of the object for users.
    pub display_name: String,
    /// State of the object, as an import would create it.
    pub object: Value,
}

/// Receives the objects that are found, up to a limit.
#[derive(Debug)]
pub struct ListSink {
    sender: Sender<Listed>,
    wanted: i64,
    cut_short: bool,
}

impl ListSink {
    /// Creates a sink that sends at most `wanted` objects to `sender`.
    #[must_use]
    pub fn new(sender: Sender<Listed>, wanted: i64) -> Self {
        Self { sender, wanted, cut_short: false }
    }

    /// Reports whether the sink accepts more objects. Call it only if there might be more.
    #[must_use]
    pub fn has_capacity(&mut self) -> bool {
        self.cut_short |= self.wanted <= 0;
        self.wanted > 0 && !self.sender.is_closed()
    }

    /// Reports whether objects might have been omitted because the limit was reached.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.cut_short
    }

    /// Sends one object.
    ///
    /// # Errors
    /// Returns an error if the model contains a value that no attribute can hold.
    pub async fn push<R: Resource>(&mut self, display_name: String, object: &R) -> Result<()> {
        if self.has_capacity() {
            let object = to_value(object)?;
            self.wanted -= 1;
            // If the receiver is closed, the object is not needed.
            drop(self.sender.send(Listed { display_name, object }).await);
        }
        Ok(())
    }
}
