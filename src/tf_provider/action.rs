//! [`Action`]: an operation that runs once and stores nothing in the state.

use std::future::Future;

use serde::de::DeserializeOwned;
use tokio::sync::mpsc::UnboundedSender;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostics, Result};
use super::schema::Schema;
use super::value::Value;

/// Action type. The implementing struct models its arguments.
pub trait Action: DeserializeOwned + Send + Sync + 'static {
    /// Full name of the type, as written in a configuration.
    const NAME: &'static str;

    /// Client that the provider creates from its configuration.
    type Client: Client;

    /// Returns the schema of the arguments.
    fn schema() -> Schema;

    /// Checks a configuration beyond the checks of the schema. Any value might be unknown. The
    /// check must not send API requests.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Runs the action. All arguments are known.
    ///
    /// # Errors
    /// Returns an error if the action did not run, or did not complete.
    fn invoke(
        cx: &mut Context<Self::Client>,
        config: Self,
        progress: &Progress,
    ) -> impl Future<Output = Result<()>> + Send;
}

/// Reports the progress of an action to the user.
#[derive(Clone, Debug)]
pub struct Progress(UnboundedSender<String>);

impl Progress {
    /// Creates a progress that sends its lines to `sender`.
    #[must_use]
    pub fn new(sender: UnboundedSender<String>) -> Self {
        Self(sender)
    }

    /// Shows a line. The line is lost if the receiver is closed.
    pub fn tell(&self, message: impl Into<String>) {
        drop(self.0.send(message.into()));
    }
}
