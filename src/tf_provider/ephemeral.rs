//! [`Ephemeral`]: a value that lives for one run and is never stored.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostics, Result};
use super::schema::Schema;
use super::value::Value;

/// One type of ephemeral resource.
///
/// Terraform opens it in each plan and again in each apply, so opening must harm nobody. The
/// implementing struct models arguments and results together. Nothing is left to close.
pub trait Ephemeral: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The type's full name, as it stands in a configuration.
    const NAME: &'static str;

    /// What the provider's configuration became.
    type Client: Client;

    /// The arguments and results.
    fn schema() -> Schema;

    /// Checks a configuration beyond what the schema checks. Anything in it may be unknown, and
    /// nothing may be asked of the API.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Answers the arguments unchanged and the results filled in. All arguments are known.
    ///
    /// # Errors
    /// The value cannot be had.
    fn open(
        cx: &mut Context<Self::Client>,
        config: Self,
    ) -> impl Future<Output = Result<Self>> + Send;
}
