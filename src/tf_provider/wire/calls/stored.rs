//! RPCs about stored state: upgrade and import.

use std::sync::Arc;

use super::super::convert::{self, dynamic, stored, value};
use super::super::service::Shared;
use super::super::tfplugin5 as pb;
use super::{identity_of, until_stopped};
use crate::tf_provider::context::Client;
use crate::tf_provider::diagnostics::{Diagnostic, Result};

pub(in super::super) async fn upgrade<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::upgrade_resource_state::Request,
) -> Result<pb::upgrade_resource_state::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let upgrades = resource.handler.upgrades();
    let known = i64::try_from(upgrades.len()).unwrap_or(i64::MAX);
    reject_newer("state", &request.type_name, request.version, known)?;
    let done = usize::try_from(request.version).unwrap_or_default();
    let missing = upgrades.get(done..).unwrap_or_default();
    let state = stored(request.raw_state, &resource.object_type, missing)?;
    let state = resource.schema.with_defaults(state);
    let upgraded_state = Some(dynamic(&state, &resource.object_type)?);
    Ok(pb::upgrade_resource_state::Response { upgraded_state, diagnostics: Vec::new() })
}

pub(in super::super) async fn upgrade_identity<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::upgrade_resource_identity::Request,
) -> Result<pb::upgrade_resource_identity::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    reject_newer("identity", &request.type_name, request.version, 0)?;
    let identity = stored(request.raw_identity, resource.handler.identity_type(), &[])?;
    let identity_data = Some(dynamic(&identity, resource.handler.identity_type())?);
    Ok(pb::upgrade_resource_identity::Response {
        upgraded_identity: Some(pb::ResourceIdentityData { identity_data }),
        diagnostics: Vec::new(),
    })
}

pub(in super::super) async fn import<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::import_resource_state::Request,
) -> Result<pb::import_resource_state::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let mut cx = shared.cx();
    let stop = cx.cancellation().clone();
    let id = match request.identity {
        Some(given) => {
            let identity = value(given.identity_data, resource.handler.identity_type())?;
            resource.handler.import_id(&cx, &identity)?
        }
        None => request.id,
    };
    let state = until_stopped(&stop, resource.handler.import(&mut cx, &id)).await?;
    let imported = pb::import_resource_state::ImportedResource {
        type_name: request.type_name,
        state: Some(dynamic(&state, &resource.object_type)?),
        identity: identity_of(resource.handler.as_ref(), &cx, &state)?,
        private: Vec::new(),
    };
    Ok(pb::import_resource_state::Response {
        imported_resources: vec![imported],
        diagnostics: convert::diagnostics(cx.finish().0),
        ..Default::default()
    })
}

/// Rejects data that a later version of the provider stored.
fn reject_newer(what: &str, type_name: &str, version: i64, known: i64) -> Result<()> {
    if (0..=known).contains(&version) {
        return Ok(());
    }
    Err(Diagnostic::error(
        "State written by a newer provider version",
        format!(
            "The stored {what} of this {type_name} has version {version}, but this provider supports \
             versions up to {known}. Use the provider version that wrote it, or a later one."
        ),
    )
    .into())
}
