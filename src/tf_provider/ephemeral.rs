//! [`Ephemeral`]: a value that exists for one run and is never stored.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostics, Result};
use super::schema::Schema;
use super::value::Value;

/// Ephemeral resource type.
///
/// Terraform opens it in each plan and again in each apply, so opening must be harmless. The
/// implementing struct models arguments and results together. It does not need to be closed.
pub trait Ephemeral: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Full name of the type, as written in a configuration.
    const NAME: &'static str;

    /// Client that the provider creates from its configuration.
    type Client: Client;

    /// Returns the schema of the arguments and results.
    fn schema() -> Schema;

    /// Checks a configuration beyond the checks of the schema. Any value might be unknown. The
    /// check must not send API requests.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Returns the arguments unchanged, with the results filled in. All arguments are known.
    ///
    /// # Errors
    /// Returns an error if the value is not available.
    fn open(
        cx: &mut Context<Self::Client>,
        config: Self,
    ) -> impl Future<Output = Result<Self>> + Send;
}
