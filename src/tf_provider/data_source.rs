//! [`DataSource`]: data that Terraform reads and does not manage.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostics, Result};
use super::schema::Schema;
use super::value::Value;

/// Data source type.
///
/// The implementing struct models its arguments and its results together, with one field for each
/// attribute of the schema. Implementations write plain `async fn`.
pub trait DataSource: Serialize + DeserializeOwned + Send + Sync + 'static {
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
    /// Returns an error if the data does not exist, or if the API could not return it.
    fn read(
        cx: &mut Context<Self::Client>,
        config: Self,
    ) -> impl Future<Output = Result<Self>> + Send;
}
