//! RPCs about actions: converts between typed [`Action`]s and values.

use std::marker::PhantomData;

use async_trait::async_trait;

use super::{Registration, Registry};
use crate::tf_provider::action::{Action, Progress};
use crate::tf_provider::context::Context;
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::model::from_value;
use crate::tf_provider::value::Value;

/// Action without its Rust type, so that a provider can hold several types.
#[async_trait]
pub(in crate::tf_provider) trait AnyAction<C>: Send + Sync {
    async fn invoke(&self, cx: &mut Context<C>, config: Value, progress: &Progress) -> Result<()>;
}

struct Typed<A>(PhantomData<fn() -> A>);

#[async_trait]
impl<A: Action> AnyAction<A::Client> for Typed<A> {
    async fn invoke(
        &self,
        cx: &mut Context<A::Client>,
        config: Value,
        progress: &Progress,
    ) -> Result<()> {
        A::invoke(cx, from_value(config)?, progress).await
    }
}

/// All actions of a provider.
pub(in crate::tf_provider) type Actions<C> = Registry<dyn AnyAction<C>>;

impl<C> Actions<C> {
    /// Adds an action. Returns `false` if its name was already used.
    pub(in crate::tf_provider) fn add<A: Action<Client = C>>(&mut self) -> bool {
        let typed = Box::new(Typed::<A>(PhantomData));
        self.insert(Registration::new::<A>(A::NAME, A::schema(), A::validate, typed))
    }
}
