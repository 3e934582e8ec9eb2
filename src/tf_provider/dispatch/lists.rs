//! Calls about list resources: from typed [`List`]s to values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registry, check};
use crate::tf_provider::cx::{Client, Cx};
use crate::tf_provider::diagnostics::{Diagnostics, Result};
use crate::tf_provider::list::{Found, List};
use crate::tf_provider::model::from_value;
use crate::tf_provider::resource::Resource;
use crate::tf_provider::schema::Schema;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// A list resource without its Rust type, so that a provider can hold many.
#[async_trait]
pub(in crate::tf_provider) trait AnyList<C>: Send + Sync {
    fn schema(&self) -> &Schema;
    fn object_type(&self) -> &Type;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn list(&self, cx: &mut Cx<C>, filters: Value, found: &mut Found) -> Result<()>;
}

/// A [`List`] with the schema that it declares, made once.
struct Typed<L> {
    schema: Schema,
    object_type: Type,
    list: PhantomData<fn() -> L>,
}

#[async_trait]
impl<C: Client, L: List<Resource: Resource<Client = C>>> AnyList<C> for Typed<L> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn object_type(&self) -> &Type {
        &self.object_type
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = check(&self.schema, config);
        found.extend(L::validate(config));
        found
    }

    async fn list(&self, cx: &mut Cx<C>, filters: Value, found: &mut Found) -> Result<()> {
        L::list(cx, from_value(filters)?, found).await
    }
}

/// All list resources of a provider.
pub(in crate::tf_provider) type Lists<C> = Registry<dyn AnyList<C>>;

impl<C: Client> Lists<C> {
    /// Adds a list resource. Answers whether its name was free.
    pub(in crate::tf_provider) fn add<L: List<Resource: Resource<Client = C>>>(&mut self) -> bool {
        let schema = L::schema();
        let object_type = schema.object_type();
        let typed = Typed::<L> { schema, object_type, list: PhantomData };
        self.insert(L::Resource::NAME, Box::new(typed))
    }
}
