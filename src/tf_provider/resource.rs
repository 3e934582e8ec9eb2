//! [`Resource`]: an object that Terraform creates, reads, changes and deletes.

use std::future::Future;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::context::{Client, Context};
use super::diagnostics::{Diagnostic, Diagnostics, Result};
use super::identity::IdentityAttribute;
use super::resource_plan::ResourcePlan;
use super::schema::Schema;
use super::value::Value;

/// Turns the stored attributes of one version of a schema into those of the next. Asks nothing of
/// the API.
pub type Upgrade = fn(&mut serde_json::Map<String, serde_json::Value>);

/// One type of managed object.
///
/// The implementing struct models its state: a field for each attribute and block of the schema,
/// under the same name. Implementations write plain `async fn`.
pub trait Resource: Serialize + DeserializeOwned + Send + Sync + 'static {
    /// The type's full name, as it stands in a configuration.
    const NAME: &'static str;

    /// What the provider's configuration became.
    type Client: Client;

    /// The attributes and how they behave in a plan.
    fn schema() -> Schema;

    /// Checks a configuration beyond what the schema checks. Anything in it may be unknown, and
    /// nothing may be asked of the API.
    #[must_use]
    fn validate(config: &Value) -> Diagnostics {
        let _ = config;
        Diagnostics::default()
    }

    /// Adds to the plan what the schema cannot say. The same inputs must give the same plan.
    ///
    /// # Errors
    /// What makes the change impossible.
    fn plan(
        cx: &mut Context<Self::Client>,
        change: &mut ResourcePlan,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, change);
        async { Ok(()) }
    }

    /// Looks at a planned removal, to warn or to refuse.
    ///
    /// # Errors
    /// What makes the removal impossible.
    fn plan_delete(
        cx: &mut Context<Self::Client>,
        state: Self,
    ) -> impl Future<Output = Result<()>> + Send {
        let _ = (cx, state);
        async { Ok(()) }
    }

    /// Makes the object and answers its state: everything planned as known unchanged, everything
    /// else filled in.
    ///
    /// # Errors
    /// Nothing was made, unless [`Context::save_partial_state`] recorded what was.
    fn create(
        cx: &mut Context<Self::Client>,
        plan: Self,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Answers what the object is now; `None` when it exists no more.
    ///
    /// # Errors
    /// The API could not tell. The state stays.
    fn read(
        cx: &mut Context<Self::Client>,
        state: Self,
    ) -> impl Future<Output = Result<Option<Self>>> + Send;

    /// Changes the object in place.
    ///
    /// # Errors
    /// Nothing was changed, unless [`Context::save_partial_state`] recorded what was.
    fn update(
        cx: &mut Context<Self::Client>,
        plan: Self,
        prior: Self,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// Removes the object. An object that is gone already is removed.
    ///
    /// # Errors
    /// The object, or a part of it, is still there. The state stays.
    fn delete(
        cx: &mut Context<Self::Client>,
        state: Self,
    ) -> impl Future<Output = Result<()>> + Send;

    /// Finds the object that the user named by `id`, and answers its state.
    ///
    /// # Errors
    /// The id has a wrong form, or there is no such object.
    fn import(
        cx: &mut Context<Self::Client>,
        id: &str,
    ) -> impl Future<Output = Result<Self>> + Send;

    /// How states of older versions become states of the next: the first step turns version 0 into
    /// version 1, and so on. The version of the schema is the number of steps.
    const UPGRADES: &'static [Upgrade] = &[];

    /// Adjusts a configuration that is generated for an existing object, where the schema cannot
    /// say all: arguments that exclude each other.
    fn generate(config: &mut Value) {
        let _ = config;
    }

    /// The attributes of the identity by which Terraform 1.12 and newer know an object. None for
    /// a type without identity.
    #[must_use]
    fn identity_schema() -> Vec<IdentityAttribute> {
        Vec::new()
    }

    /// The identity of an object; null when it cannot be told yet.
    ///
    /// # Errors
    /// The state lacks what the identity is made of.
    fn identity(client: &Self::Client, state: &Self) -> Result<Value> {
        let _ = (client, state);
        Ok(Value::Null)
    }

    /// The import id that an identity stands for.
    ///
    /// # Errors
    /// The identity is none of this type, or of another organization.
    fn import_id(client: &Self::Client, identity: &Value) -> Result<String> {
        let _ = (client, identity);
        Err(Diagnostic::bug("A type without identity was asked for one.").into())
    }
}
