//! [`DataSource`]: something that Terraform reads and does not manage.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostics, Result};
use super::schema::Schema;
use super::value::Value;

/// One type of data source.
///
/// The implementing struct models its arguments and its results together, a field for each
/// attribute of the schema. Implementations write plain `async fn`.
pub trait DataSource: Serialize + DeserializeOwned + Send + Sync + 'static {
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
    /// What was searched for is not there, or the API could not tell.
    fn read(
        cx: &mut Context<Self::Client>,
        config: Self,
    ) -> impl Future<Output = Result<Self>> + Send;
}
