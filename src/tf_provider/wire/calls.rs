//! Calls about resources and data sources: decode, dispatch, encode.

use std::future::Future;
use std::sync::Arc;

use super::convert::{self, dynamic, stored, value};
use super::service::Shared;
use super::tfplugin5 as pb;
use crate::tf_provider::cx::Client;
use crate::tf_provider::diagnostics::{Diagnostic, Result};
use crate::tf_provider::dispatch::resources::{self, PlanRequest};
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
    if request.version != 0 {
        return Err(Diagnostic::error(
            "State was written by a newer version of the provider",
            format!(
                "The state of this {} has version {}; this provider knows version 0. Use the \
                 version of the provider that wrote it, or a later one.",
                request.type_name, request.version
            ),
        )
        .into());
    }
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
        diagnostics: convert::diagnostics(cx.finish().0),
        // Terraform stores what is answered here in place of what it has.
        private: request.private,
        new_identity: request.current_identity,
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
    let applied = resources::apply(resource, shared.cx(), prior, planned).await;
    Ok(pb::apply_resource_change::Response {
        new_state: Some(dynamic(&applied.state, kind)?),
        private: request.planned_private,
        diagnostics: convert::diagnostics(applied.diagnostics),
        new_identity: request.planned_identity,
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
    let state = until_stopped(&stop, resource.import(&mut cx, &request.id)).await?;
    let imported = pb::import_resource_state::ImportedResource {
        type_name: request.type_name,
        state: Some(dynamic(&state, resource.object_type())?),
        ..Default::default()
    };
    Ok(pb::import_resource_state::Response {
        imported_resources: vec![imported],
        diagnostics: convert::diagnostics(cx.finish().0),
        ..Default::default()
    })
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
