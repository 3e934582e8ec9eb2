//! Calls about resources and data sources: decode, dispatch, encode.

use std::future::Future;
use std::sync::Arc;

use super::convert::{self, dynamic, stored, value};
use super::service::Shared;
use super::tfplugin5 as pb;
use crate::tf_provider::cx::{Client, Cx};
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::dispatch::resources::{self, AnyResource, PlanRequest};
use crate::tf_provider::value::Value;
use tokio_util::sync::CancellationToken;

pub(super) async fn validate<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::validate_resource_type_config::Request,
) -> Result<pb::validate_resource_type_config::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let config = value(request.config, resource.object_type())?;
    let diagnostics = convert::diagnostics(resource.validate(&config));
    Ok(pb::validate_resource_type_config::Response { diagnostics })
}

pub(super) async fn upgrade<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::upgrade_resource_state::Request,
) -> Result<pb::upgrade_resource_state::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    refuse_newer("state", &request.type_name, request.version)?;
    let state = stored(request.raw_state, resource.object_type())?;
    let upgraded_state = Some(dynamic(&state, resource.object_type())?);
    Ok(pb::upgrade_resource_state::Response { upgraded_state, diagnostics: Vec::new() })
}

pub(super) async fn read<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::read_resource::Request,
) -> Result<pb::read_resource::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let state = value(request.current_state, resource.object_type())?;
    let mut cx = shared.cx();
    let stop = cx.stop().clone();
    let state = until_stopped(&stop, resource.read(&mut cx, state)).await?;
    Ok(pb::read_resource::Response {
        new_state: Some(dynamic(&state, resource.object_type())?),
        // An identity never changes. A state that is older than identities gets its first one.
        new_identity: match request.current_identity {
            Some(known) => Some(known),
            None => identity_of(resource, &cx, &state)?,
        },
        diagnostics: convert::diagnostics(cx.finish().0),
        // Terraform stores what is answered here in place of what it has.
        private: request.private,
        deferred: None,
    })
}

pub(super) async fn plan<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::plan_resource_change::Request,
) -> Result<pb::plan_resource_change::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let kind = resource.object_type();
    let inputs = PlanRequest {
        config: value(request.config, kind)?,
        prior: value(request.prior_state, kind)?,
        proposed: value(request.proposed_new_state, kind)?,
    };
    let mut cx = shared.cx();
    let stop = cx.stop().clone();
    let (planned, replace) =
        until_stopped(&stop, resources::plan(resource, &mut cx, inputs)).await?;
    Ok(pb::plan_resource_change::Response {
        planned_state: Some(dynamic(&planned, kind)?),
        requires_replace: replace.iter().map(convert::path).collect(),
        planned_private: request.prior_private,
        diagnostics: convert::diagnostics(cx.finish().0),
        planned_identity: request.prior_identity,
        ..Default::default()
    })
}

/// Never ended half-way by a stop: what was begun is finished and recorded.
pub(super) async fn apply<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::apply_resource_change::Request,
) -> Result<pb::apply_resource_change::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let kind = resource.object_type();
    let prior = value(request.prior_state, kind)?;
    let planned = value(request.planned_state, kind)?;
    let creates = prior.is_null();
    let mut applied = resources::apply(resource, shared.cx(), prior, planned).await;
    let new_identity = match request.planned_identity {
        Some(known) if !creates && !applied.state.is_null() => Some(known),
        // Nothing may stand in the way of the state, so a failure here is one more diagnostic.
        _ => identity_of(resource, &shared.cx(), &applied.state).unwrap_or_else(|problem| {
            applied.diagnostics.extend(problem);
            None
        }),
    };
    Ok(pb::apply_resource_change::Response {
        new_state: Some(dynamic(&applied.state, kind)?),
        private: request.planned_private,
        diagnostics: convert::diagnostics(applied.diagnostics),
        new_identity,
        ..Default::default()
    })
}

pub(super) async fn import<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::import_resource_state::Request,
) -> Result<pb::import_resource_state::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let mut cx = shared.cx();
    let stop = cx.stop().clone();
    let id = match request.identity {
        Some(given) => {
            let identity = value(given.identity_data, resource.identity_type())?;
            resource.import_id(&cx, &identity)?
        }
        None => request.id,
    };
    let state = until_stopped(&stop, resource.import(&mut cx, &id)).await?;
    let imported = pb::import_resource_state::ImportedResource {
        type_name: request.type_name,
        state: Some(dynamic(&state, resource.object_type())?),
        identity: identity_of(resource, &cx, &state)?,
        private: Vec::new(),
    };
    Ok(pb::import_resource_state::Response {
        imported_resources: vec![imported],
        diagnostics: convert::diagnostics(cx.finish().0),
        ..Default::default()
    })
}

/// The identity of an object, unless there is no object or nobody can tell yet.
fn identity_of<C: Client>(
    resource: &dyn AnyResource<C>,
    cx: &Cx<C>,
    state: &Value,
) -> Result<Option<pb::ResourceIdentityData>> {
    let identity = resource.identity(cx, state)?;
    if identity.is_null() {
        return Ok(None);
    }
    let identity_data = Some(dynamic(&identity, resource.identity_type())?);
    Ok(Some(pb::ResourceIdentityData { identity_data }))
}

pub(super) async fn upgrade_identity<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::upgrade_resource_identity::Request,
) -> Result<pb::upgrade_resource_identity::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    refuse_newer("identity", &request.type_name, request.version)?;
    let identity = stored(request.raw_identity, resource.identity_type())?;
    let identity_data = Some(dynamic(&identity, resource.identity_type())?);
    Ok(pb::upgrade_resource_identity::Response {
        upgraded_identity: Some(pb::ResourceIdentityData { identity_data }),
        diagnostics: Vec::new(),
    })
}

/// Refuses what a later version of the provider has stored.
fn refuse_newer(what: &str, type_name: &str, version: i64) -> Result<()> {
    if version == 0 {
        return Ok(());
    }
    Err(Diagnostic::error(
        "State was written by a newer version of the provider",
        format!(
            "The stored {what} of this {type_name} has version {version}; this provider knows \
             version 0. Use the version of the provider that wrote it, or a later one."
        ),
    )
    .into())
}

pub(super) async fn validate_data_source<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::validate_data_source_config::Request,
) -> Result<pb::validate_data_source_config::Response> {
    let source = shared.provider.data_sources.get(&request.type_name)?;
    let config = value(request.config, source.object_type())?;
    let diagnostics = convert::diagnostics(source.validate(&config));
    Ok(pb::validate_data_source_config::Response { diagnostics })
}

pub(super) async fn read_data_source<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::read_data_source::Request,
) -> Result<pb::read_data_source::Response> {
    let source = shared.provider.data_sources.get(&request.type_name)?;
    let config = value(request.config, source.object_type())?;
    let mut cx = shared.cx();
    let stop = cx.stop().clone();
    let state = until_stopped(&stop, source.read(&mut cx, config)).await?;
    Ok(pb::read_data_source::Response {
        state: Some(dynamic(&state, source.object_type())?),
        diagnostics: convert::diagnostics(cx.finish().0),
        deferred: None,
    })
}

/// For calls that change nothing: they may end at any point.
async fn until_stopped<T>(
    stop: &CancellationToken,
    call: impl Future<Output = Result<T>>,
) -> Result<T> {
    tokio::select! {
        () = stop.cancelled() => Err(Diagnostic::error(
            "Interrupted",
            "The run was interrupted before the API answered. Nothing was changed.",
        )
        .into()),
        outcome = call => outcome,
    }
}
