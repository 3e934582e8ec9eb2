//! [`Action`]: something that is done once, and leaves nothing in the state.

use std::future::Future;

use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedSender;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostics, Result};
use super::schema::Schema;
use super::value::Value;

/// One type of action. The implementing struct models its arguments.
pub trait Action: DeserializeOwned + Send + Sync + 'static {
    /// The type's full name, as it stands in a configuration.
    const NAME: &'static str;

    /// What the provider's configuration became.
    type Client: Client;

    /// The arguments.
    fn schema() -> Schema;

    /// Checks a configuration beyond what the schema checks. Anything in it may be unknown, and
    /// nothing may be asked of the API.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Does it. All arguments are known.
    ///
    /// # Errors
    /// It was not done, or not completely.
    fn invoke(
        cx: &mut Context<Self::Client>,
        config: Self,
        progress: &Progress,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// Tells the user how an action goes on.
#[derive(Clone, Debug)]
pub struct Progress(UnboundedSender<String>);

impl Progress {
    /// Progress that goes to `receiver`'s other end.
    #[must_use]
    pub fn new(sender: UnboundedSender<String>) -> Self {
        Self(sender)
    }

    /// Shows a line. When nobody listens any more, it is lost.
    pub fn tell(&self, message: impl Into<String>) {
        drop(self.0.send(message.into()));
    }
}
