//! RPCs that work on one type: decode, dispatch, encode. One file for each kind of type.

pub(super) mod actions;
pub(super) mod data_sources;
pub(super) mod ephemerals;
pub(super) mod functions;
pub(super) mod lists;
pub(super) mod resources;
pub(super) mod stored;

use std::future::Future;

use tokio_util::sync::CancellationToken;

use super::convert::dynamic;
use super::tfplugin5 as pb;
use crate::tf_provider::context::{Client, Context};
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::dispatch::resources::AnyResource;
use crate::tf_provider::value::Value;

/// Returns the identity of an object, or `None` if there is no object or the identity is not known
/// yet.
fn identity_of<C: Client>(
    resource: &dyn AnyResource<C>,
    cx: &Context<C>,
    state: &Value,
) -> Result<Option<pb::ResourceIdentityData>> {
    let identity = resource.identity(cx, state)?;
    if identity.is_null() {
        return Ok(None);
    }
    let identity_data = Some(dynamic(&identity, resource.identity_type())?);
    Ok(Some(pb::ResourceIdentityData { identity_data }))
}

/// Runs an RPC that changes nothing, which can be canceled at any point.
async fn until_stopped<T>(
    stop: &CancellationToken,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        () = stop.cancelled() => Err(Diagnostic::error(
            "Operation canceled",
            "Terraform canceled the operation before the API response arrived. The request made no \
             changes. Run the command again to continue.",
        )
        .into()),
        outcome = call => outcome,
    }
}
