//! [`List`]: searching for objects that may not be managed yet.

use std::future::Future;

use serde::de::DeserializeOwned;
use tokio::sync::mpsc::Sender;

use super::context::Context;
use super::diagnostics::{Diagnostics, Result};
use super::model::to_value;
use super::resource::Resource;
use super::schema::Schema;
use super::value::Value;

/// How to list the objects of one resource type. The implementing struct models the filters.
pub trait List: DeserializeOwned + Send + Sync + 'static {
    /// The type of the objects. It must have an identity.
    type Resource: Resource;

    /// The filters.
    fn schema() -> Schema;

    /// Checks the filters beyond what the schema checks. Anything in them may be unknown, and
    /// nothing may be asked of the API.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Hands over the objects that pass the filters, until there are no more or no more are
    /// wanted.
    ///
    /// # Errors
    /// The API could not tell. What was handed over before counts.
    fn list(
        cx: &mut Context<<Self::Resource as Resource>::Client>,
        filters: Self,
        found: &mut ListSink,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// One object that was found.
#[derive(Debug)]
pub struct Listed {
    /// How a person recognises it.
    pub display_name: String,
    /// Its state, as an import would make it.
    pub object: Value,
}

/// Takes the objects that are found.
#[derive(Debug)]
pub struct ListSink {
    sender: Sender<Listed>,
    wanted: i64,
    cut_short: bool,
}

impl ListSink {
    /// Sends at most `wanted` objects to `sender`'s other end.
    #[must_use]
    pub fn new(sender: Sender<Listed>, wanted: i64) -> Self {
        Self { sender, wanted, cut_short: false }
    }

    /// Whether more objects are wanted. To be asked when there may be more of them.
    #[must_use]
    pub fn has_capacity(&mut self) -> bool {
        self.cut_short |= self.wanted <= 0;
        self.wanted > 0 && !self.sender.is_closed()
    }

    /// Whether objects may have been left out, because as many as were wanted had been found.
    #[must_use]
    pub fn is_truncated(&self) -> bool {
        self.cut_short
    }

    /// Hands over one object.
    ///
    /// # Errors
    /// The model holds what no attribute can hold.
    pub async fn push<R: Resource>(&mut self, display_name: String, object: &R) -> Result<()> {
        if self.has_capacity() {
            let object = to_value(object)?;
            self.wanted -= 1;
            // When nobody listens any more, it is not wanted.
            drop(self.sender.send(Listed { display_name, object }).await);
        }
        Ok(())
    }
}
