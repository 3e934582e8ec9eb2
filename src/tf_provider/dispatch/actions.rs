//! Calls about actions: from typed [`Action`]s to values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registry, check};
use crate::tf_provider::action::{Action, Progress};
use crate::tf_provider::cx::Cx;
use crate::tf_provider::diagnostics::{Diagnostics, Result};
use crate::tf_provider::model::from_value;
use crate::tf_provider::schema::Schema;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// An action without its Rust type, so that a provider can hold many.
#[async_trait]
pub(in crate::tf_provider) trait AnyAction<C>: Send + Sync {
    fn schema(&self) -> &Schema;
    fn object_type(&self) -> &Type;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn invoke(&self, cx: &mut Cx<C>, config: Value, progress: &Progress) -> Result<()>;
}

/// An [`Action`] with the schema that it declares, made once.
struct Typed<A> {
    schema: Schema,
    object_type: Type,
    action: PhantomData<fn() -> A>,
}

#[async_trait]
impl<A: Action> AnyAction<A::Client> for Typed<A> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn object_type(&self) -> &Type {
        &self.object_type
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = check(&self.schema, config);
        found.extend(A::validate(config));
        found
    }

    async fn invoke(
        &self,
        cx: &mut Cx<A::Client>,
        config: Value,
        progress: &Progress,
    ) -> Result<()> {
        // Terraform does not ask for another validation when unknown values have become known.
        let found = self.validate(&config);
        if found.has_errors() {
            return Err(found);
        }
        A::invoke(cx, from_value(config)?, progress).await
    }
}

/// All actions of a provider.
pub(in crate::tf_provider) type Actions<C> = Registry<dyn AnyAction<C>>;

impl<C> Actions<C> {
    /// Adds an action. Answers whether its name was free.
    pub(in crate::tf_provider) fn add<A: Action<Client = C>>(&mut self) -> bool {
        let schema = A::schema();
        let object_type = schema.object_type();
        self.insert(A::NAME, Box::new(Typed::<A> { schema, object_type, action: PhantomData }))
    }
}
