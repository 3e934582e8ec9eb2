//! RPCs about data sources: converts between typed [`DataSource`]s and values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registration, Registry};
use crate::tf_provider::context::Context;
use crate::tf_provider::data_source::DataSource;
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::model::{from_value, to_value};
use crate::tf_provider::value::Value;

/// Data source without its Rust type, so that a provider can hold several types.
#[async_trait]
pub(in crate::tf_provider) trait AnyDataSource<C>: Send + Sync {
    async fn read(&self, cx: &mut Context<C>, config: Value) -> Result<Value>;
}

struct Typed<D>(PhantomData<fn() -> D>);

#[async_trait]
impl<D: DataSource> AnyDataSource<D::Client> for Typed<D> {
    async fn read(&self, cx: &mut Context<D::Client>, config: Value) -> Result<Value> {
        to_value(&D::read(cx, from_value(config)?).await?)
    }
}

/// All data sources of a provider.
pub(in crate::tf_provider) type DataSources<C> = Registry<dyn AnyDataSource<C>>;

impl<C> DataSources<C> {
    /// Adds a data source. Returns `false` if its name was already used.
    pub(in crate::tf_provider) fn add<D: DataSource<Client = C>>(&mut self) -> bool {
        let typed = Box::new(Typed::<D>(PhantomData));
        self.insert(Registration::new::<D>(D::NAME, D::schema(), D::validate, typed))
    }
}
