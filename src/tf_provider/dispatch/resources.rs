//! RPCs about managed resources: converts between typed [`Resource`]s and values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registration, Registry};
use crate::tf_provider::context::{Client, Context};
use crate::tf_provider::diagnostics::{Diagnostic, Diagnostics, Result};
use crate::tf_provider::identity::{IdentityAttribute, object_type};
use crate::tf_provider::model::{from_stored, from_value, to_value};
use crate::tf_provider::path::Path;
use crate::tf_provider::resource::{Resource, Upgrade};
use crate::tf_provider::resource_plan::ResourcePlan;
use crate::tf_provider::running::{Panicked, catch_panic};
use crate::tf_provider::schema::Configurability;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// Resource without its Rust type, so that a provider can hold several types.
#[async_trait]
pub(in crate::tf_provider) trait AnyResource<C>: Send + Sync {
    fn upgrades(&self) -> &'static [Upgrade];
    fn identity_schema(&self) -> &[IdentityAttribute];
    fn identity_type(&self) -> &Type;
    fn identity(&self, cx: &Context<C>, state: &Value) -> Result<Value>;
    fn import_id(&self, cx: &Context<C>, identity: &Value) -> Result<String>;
    fn generate(&self, config: &mut Value);
    async fn plan(&self, cx: &mut Context<C>, change: &mut ResourcePlan) -> Result<()>;
    async fn plan_delete(&self, cx: &mut Context<C>, state: Value) -> Result<()>;
    async fn create(&self, cx: &mut Context<C>, plan: Value) -> Result<Value>;
    async fn read(&self, cx: &mut Context<C>, state: Value) -> Result<Value>;
    async fn update(&self, cx: &mut Context<C>, plan: Value, prior: Value) -> Result<Value>;
    async fn delete(&self, cx: &mut Context<C>, state: Value) -> Result<()>;
    async fn import(&self, cx: &mut Context<C>, id: &str) -> Result<Value>;
}

struct Typed<R> {
    identity_schema: Vec<IdentityAttribute>,
    identity_type: Type,
    resource: PhantomData<fn() -> R>,
}

#[async_trait]
impl<R: Resource> AnyResource<R::Client> for Typed<R> {
    fn upgrades(&self) -> &'static [Upgrade] {
        R::UPGRADES
    }

    fn identity_schema(&self) -> &[IdentityAttribute] {
        &self.identity_schema
    }

    fn identity_type(&self) -> &Type {
        &self.identity_type
    }

    fn identity(&self, cx: &Context<R::Client>, state: &Value) -> Result<Value> {
        if state.is_null() || self.identity_schema.is_empty() {
            return Ok(Value::Null);
        }
        R::identity(&cx.client()?, &from_stored(state.clone(), R::NAME)?)
    }

    fn import_id(&self, cx: &Context<R::Client>, identity: &Value) -> Result<String> {
        R::import_id(&cx.client()?, identity)
    }

    fn generate(&self, config: &mut Value) {
        R::generate(config);
    }

    async fn plan(&self, cx: &mut Context<R::Client>, change: &mut ResourcePlan) -> Result<()> {
        R::plan(cx, change).await
    }

    async fn plan_delete(&self, cx: &mut Context<R::Client>, state: Value) -> Result<()> {
        R::plan_delete(cx, from_stored(state, R::NAME)?).await
    }

    async fn create(&self, cx: &mut Context<R::Client>, plan: Value) -> Result<Value> {
        to_value(&R::create(cx, from_value(plan)?).await?)
    }

    async fn read(&self, cx: &mut Context<R::Client>, state: Value) -> Result<Value> {
        match R::read(cx, from_stored(state, R::NAME)?).await? {
            Some(now) => to_value(&now),
            None => Ok(Value::Null),
        }
    }

    async fn update(
        &self,
        cx: &mut Context<R::Client>,
        plan: Value,
        prior: Value,
    ) -> Result<Value> {
        to_value(&R::update(cx, from_value(plan)?, from_stored(prior, R::NAME)?).await?)
    }

    async fn delete(&self, cx: &mut Context<R::Client>, state: Value) -> Result<()> {
        R::delete(cx, from_stored(state, R::NAME)?).await
    }

    async fn import(&self, cx: &mut Context<R::Client>, id: &str) -> Result<Value> {
        to_value(&R::import(cx, id).await?)
    }
}

/// All resources of a provider.
pub(in crate::tf_provider) type Resources<C> = Registry<dyn AnyResource<C>>;

impl<C> Resources<C> {
    /// Adds a resource. Returns `false` if its name was already used.
    pub(in crate::tf_provider) fn add<R: Resource<Client = C>>(&mut self) -> bool {
        let identity_schema = R::identity_schema();
        let typed = Box::new(Typed::<R> {
            identity_type: object_type(&identity_schema),
            identity_schema,
            resource: PhantomData,
        });
        self.insert(Registration::new::<R>(R::NAME, R::schema(), R::validate, typed))
    }
}

/// Inputs of a plan.
pub(in crate::tf_provider) struct PlanRequest {
    pub(in crate::tf_provider) config: Value,
    pub(in crate::tf_provider) prior: Value,
    pub(in crate::tf_provider) proposed: Value,
}

/// Result of an apply: the state that Terraform must store, after success and after failure.
pub(in crate::tf_provider) struct Applied {
    pub(in crate::tf_provider) state: Value,
    pub(in crate::tf_provider) diagnostics: Diagnostics,
    /// Whether an object was written, possibly before a failure. A failed write does not count.
    pub(in crate::tf_provider) wrote: bool,
    /// Remaining steps of a change that succeeded. `None` if it failed.
    pub(in crate::tf_provider) left: Option<Vec<String>>,
    /// Note that the resource set for the object.
    pub(in crate::tf_provider) note: Option<String>,
}

/// Plans a change or a destroy. Returns the planned object, and the attributes that require
/// replacement.
pub(in crate::tf_provider) async fn plan<C: Client>(
    resource: &Registration<dyn AnyResource<C>>,
    cx: &mut Context<C>,
    request: PlanRequest,
) -> Result<(Value, Vec<Path>)> {
    if !request.prior.is_null() {
        cx.check_scope().await?;
    }
    if request.proposed.is_null() {
        resource.handler.plan_delete(cx, resource.schema.with_defaults(request.prior)).await?;
        return Ok((Value::Null, Vec::new()));
    }
    if !request.prior.is_null() {
        resource.check_stored_model(resource.schema.with_defaults(request.prior.clone()))?;
    }
    let mut change = ResourcePlan::from_proposed_state(
        &resource.schema,
        request.config,
        request.prior,
        request.proposed,
    );
    resource.handler.plan(cx, &mut change).await?;
    let (planned, replace) = change.finish();
    // Reports impossible changes now, before anything was changed.
    resource.check_model(planned.clone())?;
    Ok((planned, replace))
}

/// Returns the configuration that a user would write for an existing object, without computed
/// attributes and defaults.
pub(in crate::tf_provider) fn generate<C: Client>(
    resource: &Registration<dyn AnyResource<C>>,
    state: Value,
) -> Value {
    let mut config = state;
    for attribute in &resource.schema.attributes {
        let by_default = attribute.default.as_ref() == Some(config.get(attribute.name));
        if attribute.configurability == Configurability::Computed || by_default {
            config.set(attribute.name, Value::Null);
        }
    }
    resource.handler.generate(&mut config);
    config
}

/// Applies a planned change. The result contains everything that exists afterwards, also after a
/// failure.
pub(in crate::tf_provider) async fn apply<C: Client>(
    resource: &dyn AnyResource<C>,
    mut cx: Context<C>,
    prior: Value,
    planned: Value,
) -> Applied {
    let change = async {
        if prior.is_null() {
            return resource.create(&mut cx, planned).await;
        }
        // A plan might be older than the provider configuration, and Terraform before v1.3 does not
        // plan a destroy.
        cx.check_scope().await?;
        if planned.is_null() {
            resource.delete(&mut cx, prior.clone()).await.map(|()| Value::Null)
        } else {
            resource.update(&mut cx, planned, prior.clone()).await
        }
    };
    // Catches the panic here, so that Terraform receives the saved partial state together with the
    // error.
    let outcome = catch_panic(change).await.unwrap_or_else(|Panicked| {
        let what = "The change ended in a panic; the log has the details.";
        Err(Diagnostic::bug(what).into())
    });
    let left = outcome.is_ok().then(|| cx.take_remaining_steps());
    let adopted = cx.is_adopted();
    let note = cx.note().map(str::to_owned);
    let (mut diagnostics, kept) = cx.finish();
    // A failed change has saved what it wrote.
    let wrote = !adopted && (outcome.is_ok() || kept.is_some());
    let state = match outcome {
        Ok(state) => {
            if let Some(name) = first_unknown(&state) {
                // Terraform rejects this too, but does not name the attribute.
                let what = format!("\"{name}\" is still unknown after the apply.");
                diagnostics.push(Diagnostic::bug(what));
            }
            state.unknown_as_null()
        }
        Err(errors) => {
            diagnostics.extend(errors);
            kept.unwrap_or(prior)
        }
    };
    Applied { state, diagnostics, wrote, left, note }
}

fn first_unknown(state: &Value) -> Option<&str> {
    let Value::Object(fields) = state else { return None };
    fields.iter().find(|(_, value)| !value.is_wholly_known()).map(|(name, _)| name.as_str())
}
