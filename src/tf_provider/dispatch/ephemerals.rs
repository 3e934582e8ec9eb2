//! RPCs about ephemeral resources: converts between typed [`Ephemeral`]s and values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registration, Registry};
use crate::tf_provider::context::Context;
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::ephemeral::Ephemeral;
use crate::tf_provider::model::{from_value, to_value};
use crate::tf_provider::value::Value;

/// Ephemeral resource without its Rust type, so that a provider can hold several types.
#[async_trait]
pub(in crate::tf_provider) trait AnyEphemeral<C>: Send + Sync {
    async fn open(&self, cx: &mut Context<C>, config: Value) -> Result<Value>;
}

struct Typed<E>(PhantomData<fn() -> E>);

#[async_trait]
impl<E: Ephemeral> AnyEphemeral<E::Client> for Typed<E> {
    async fn open(&self, cx: &mut Context<E::Client>, config: Value) -> Result<Value> {
        to_value(&E::open(cx, from_value(config)?).await?)
    }
}

/// All ephemeral resources of a provider.
pub(in crate::tf_provider) type Ephemerals<C> = Registry<dyn AnyEphemeral<C>>;

impl<C> Ephemerals<C> {
    /// Adds an ephemeral resource. Returns `false` if its name was already used.
    pub(in crate::tf_provider) fn add<E: Ephemeral<Client = C>>(&mut self) -> bool {
        let typed = Box::new(Typed::<E>(PhantomData));
        self.insert(Registration::new::<E>(E::NAME, E::schema(), E::validate, typed))
    }
}
