//! RPCs about list resources: converts between typed [`List`]s and values.

use std::collections::BTreeMap;
use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registration, Registry};
use crate::tf_provider::context::{Client, Context};
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::list::{List, ListSink};
use crate::tf_provider::model::from_value;
use crate::tf_provider::resource::Resource;
use crate::tf_provider::value::Value;

/// List resource without its Rust type, so that a provider can hold several types.
#[async_trait]
pub(in crate::tf_provider) trait AnyList<C>: Send + Sync {
    async fn list(&self, cx: &mut Context<C>, filters: Value, found: &mut ListSink) -> Result<()>;
}

struct Typed<L>(PhantomData<fn() -> L>);

#[async_trait]
impl<C: Client, L: List<Resource: Resource<Client = C>>> AnyList<C> for Typed<L> {
    async fn list(&self, cx: &mut Context<C>, filters: Value, found: &mut ListSink) -> Result<()> {
        // A block without filters is an object of nulls, or null.
        let filters = if filters.is_null() { Value::Object(BTreeMap::new()) } else { filters };
        L::list(cx, from_value(filters)?, found).await
    }
}

/// All list resources of a provider.
pub(in crate::tf_provider) type Lists<C> = Registry<dyn AnyList<C>>;

impl<C: Client> Lists<C> {
    /// Adds a list resource. Returns `false` if its name was already used.
    pub(in crate::tf_provider) fn add<L: List<Resource: Resource<Client = C>>>(&mut self) -> bool {
        let typed = Box::new(Typed::<L>(PhantomData));
        self.insert(Registration::new::<L>(L::Resource::NAME, L::schema(), L::validate, typed))
    }
}
