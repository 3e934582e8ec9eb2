//! Calls about data sources: from typed [`DataSource`]s to values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registry, check};
use crate::tf_provider::cx::Cx;
use crate::tf_provider::data_source::DataSource;
use crate::tf_provider::diagnostics::{Diagnostics, Result};
use crate::tf_provider::model::{from_value, to_value};
use crate::tf_provider::schema::Schema;
use crate::tf_provider::types::Type;
use crate::tf_provider::value::Value;

/// A data source without its Rust type, so that a provider can hold many.
#[async_trait]
pub(in crate::tf_provider) trait AnyDataSource<C>: Send + Sync {
    fn schema(&self) -> &Schema;
    fn object_type(&self) -> &Type;
    fn validate(&self, config: &Value) -> Diagnostics;
    async fn read(&self, cx: &mut Cx<C>, config: Value) -> Result<Value>;
}

/// A [`DataSource`] with the schema that it declares, made once.
struct Typed<D> {
    schema: Schema,
    object_type: Type,
    data_source: PhantomData<fn() -> D>,
}

#[async_trait]
impl<D: DataSource> AnyDataSource<D::Client> for Typed<D> {
    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn object_type(&self) -> &Type {
        &self.object_type
    }

    fn validate(&self, config: &Value) -> Diagnostics {
        let mut found = check(&self.schema, config);
        found.extend(D::validate(config));
        found
    }

    async fn read(&self, cx: &mut Cx<D::Client>, config: Value) -> Result<Value> {
        to_value(&D::read(cx, from_value(config)?).await?)
    }
}

/// All data sources of a provider.
pub(in crate::tf_provider) type DataSources<C> = Registry<dyn AnyDataSource<C>>;

impl<C> DataSources<C> {
    /// Adds a data source. Answers whether its name was free.
    pub(in crate::tf_provider) fn add<D: DataSource<Client = C>>(&mut self) -> bool {
        let schema = D::schema();
        let object_type = schema.object_type();
        self.insert(D::NAME, Box::new(Typed::<D> { schema, object_type, data_source: PhantomData }))
    }
}
