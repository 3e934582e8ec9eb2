//! [`Resource`]: an object that Terraform creates, reads, updates, and deletes.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::identity::IdentityAttribute;
use super::resource_plan::ResourcePlan;
use super::schema::Schema;
use super::value::Value;

/// Upgrade of the stored attributes from one schema version to the next. It must not send API
/// requests.
pub type Upgrade = fn(&mut serde_json::Map<String, serde_json::Value>);

/// Managed resource type.
///
/// The implementing struct models its state, with one field for each attribute and block of the
/// schema under the same name. Implementations write plain `async fn`.
pub trait Resource: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// Full name of the type, as written in a configuration.
    const NAME: &'static str;

    /// Client that the provider creates from its configuration.
    type Client: Client;

    /// Returns the schema: the attributes, and their behavior in a plan.
    fn schema() -> Schema;

    /// Checks a configuration beyond the checks of the schema. Any value might be unknown. The
    /// check must not send API requests.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Adds to the plan what the schema cannot express. The same inputs must result in the same
    /// plan.
    ///
    /// # Errors
    /// Returns an error if the change is impossible.
    fn plan(
        cx: &mut Context<Self::Client>,
        change: &mut ResourcePlan,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, change);
        async { Ok(()) }
    }

    /// Checks a planned destroy, to add warnings or to reject it.
    ///
    /// # Errors
    /// Returns an error if the destroy is impossible.
    fn plan_delete(
        cx: &mut Context<Self::Client>,
        state: Self,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, state);
        async { Ok(()) }
    }

    /// Creates the object and returns its state: values that were planned as known are unchanged,
    /// and all others are filled in.
    ///
    /// # Errors
    /// Returns an error if nothing was created, or if [`Context::save_partial_state`] saved what
    /// was created.
    fn create(
        cx: &mut Context<Self::Client>,
        plan: Self,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Returns the current state of the object, or `None` if it no longer exists.
    ///
    /// # Errors
    /// Returns an error if the API could not report the object. The state remains unchanged.
    fn read(
        cx: &mut Context<Self::Client>,
        state: Self,
    ) -> impl Future<Output = Result<Option<Self>>> + Send;

    /// Updates the object in place.
    ///
    /// # Errors
    /// Returns an error if nothing was changed, or if [`Context::save_partial_state`] saved what
    /// was changed.
    fn update(
        cx: &mut Context<Self::Client>,
        plan: Self,
        prior: Self,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Deletes the object. An object that is already deleted is a success.
    ///
    /// # Errors
    /// Returns an error if the object, or a part of it, still exists. The state remains unchanged.
    fn delete(
        cx: &mut Context<Self::Client>,
        state: Self,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Finds the object with the import ID `id`, and returns its state.
    ///
    /// # Errors
    /// Returns an error if the import ID is invalid, or if the object does not exist.
    fn import(
        cx: &mut Context<Self::Client>,
        id: &str,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Upgrades of older states: the first converts version 0 to version 1, and so on. The version
    /// of the schema is the number of upgrades.
    const UPGRADES: &'static [Upgrade] = &[];

    /// Adjusts a configuration that is generated for an existing object, if the schema is not
    /// sufficient: for example for conflicting arguments.
    fn generate(config: &mut Value) {
        let _ = config;
    }

    /// Returns the attributes of the resource identity, which Terraform v1.12 and later use. Empty
    /// for a type without identity.
    #[must_use]
    fn identity_schema() -> Vec<IdentityAttribute> {
        Vec::new()
    }

    /// Returns the identity of an object, or null if it is not known yet.
    ///
    /// # Errors
    /// Returns an error if the state lacks the data of the identity.
    fn identity(client: &Self::Client, state: &Self) -> Result<Value> {
        let _ = (client, state);
        Ok(Value::Null)
    }

    /// Returns the import ID that corresponds to an identity.
    ///
    /// # Errors
    /// Returns an error if the identity is not valid for this type, or belongs to another
    /// organization.
    fn import_id(client: &Self::Client, identity: &Value) -> Result<String> {
        let _ = (client, identity);
        Err(Diagnostic::bug("A type without identity was asked for one.").into())
    }
}
