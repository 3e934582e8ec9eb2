//! Calls about ephemeral resources: from typed [`Ephemeral`]s to values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registry, check};
use crate::tf_provider::cx::Cx;
use crate::tf_provider::diagnostics::{Diagnostics, Result};
use crate::tf_provider::ephemeral::Ephemeral;
use crate::tf_provider::model::{from_value, to_value};
use crate::tf_provider::schema::Schema;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// An ephemeral resource without its Rust type, so that a provider can hold many.
#[async_trait]
pub(in crate::tf_provider) trait AnyEphemeral<C>: Send + Sync {
    fn schema(&self) -> &Schema;
    fn object_type(&self) -> &Type;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn open(&self, cx: &mut Cx<C>, config: Value) -> Result<Value>;
}

/// An [`Ephemeral`] with the schema that it declares, made once.
struct Typed<E> {
    schema: Schema,
    object_type: Type,
    ephemeral: PhantomData<fn() -> E>,
}

#[async_trait]
impl<E: Ephemeral> AnyEphemeral<E::Client> for Typed<E> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn object_type(&self) -> &Type {
        &self.object_type
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = check(&self.schema, config);
        found.extend(E::validate(config));
        found
    }

    async fn open(&self, cx: &mut Cx<E::Client>, config: Value) -> Result<Value> {
        to_value(&E::open(cx, from_value(config)?).await?)
    }
}

/// All ephemeral resources of a provider.
pub(in crate::tf_provider) type Ephemerals<C> = Registry<dyn AnyEphemeral<C>>;

impl<C> Ephemerals<C> {
    /// Adds an ephemeral resource. Answers whether its name was free.
    pub(in crate::tf_provider) fn add<E: Ephemeral<Client = C>>(&mut self) -> bool {
        let schema = E::schema();
        let object_type = schema.object_type();
        self.insert(E::NAME, Box::new(Typed::<E> { schema, object_type, ephemeral: PhantomData }))
    }
}
