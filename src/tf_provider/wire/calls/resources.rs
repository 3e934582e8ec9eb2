//! RPCs that read, plan, and apply resources.

use std::sync::Arc;

use super::super::convert::{self, dynamic, value};
use super::super::service::Shared;
use super::super::tfplugin5 as pb;
use super::{identity_of, until_stopped};
use crate::tf_provider::context::Client;
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::dispatch::resources::{self, PlanRequest};
use crate::tf_provider::private_state::{self, PrivateState};

pub(in super::super) async fn validate<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::validate_resource_type_config::Request,
) -> Result<pb::validate_resource_type_config::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let config = value(request.config, &resource.object_type)?;
    let diagnostics = convert::diagnostics(resource.validate(&config));
    Ok(pb::validate_resource_type_config::Response { diagnostics })
}

pub(in super::super) async fn read<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::read_resource::Request,
) -> Result<pb::read_resource::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    if let Some(deferred) = shared.deferral(request.client_capabilities) {
        return Ok(pb::read_resource::Response {
            new_state: request.current_state,
            private: request.private,
            new_identity: request.current_identity,
            deferred: Some(deferred),
            diagnostics: Vec::new(),
        });
    }
    let state = value(request.current_state, &resource.object_type)?;
    let state = resource.schema.with_defaults(state);
    let mut cx = shared.cx().about(PrivateState::decode(&request.private));
    let stop = cx.cancellation().clone();
    let reading = async {
        cx.check_scope().await?;
        resource.handler.read(&mut cx, state).await
    };
    let state = until_stopped(&stop, reading).await?;
    Ok(pb::read_resource::Response {
        new_state: Some(dynamic(&state, &resource.object_type)?),
        // An identity never changes. A state without an identity, from an older version, receives
        // its first one.
        new_identity: match request.current_identity {
            Some(known) => Some(known),
            None => identity_of(resource.handler.as_ref(), &cx, &state)?,
        },
        // Terraform replaces its stored data with this data.
        private: cx.remembered().map_or(request.private, |now| now.encode()),
        diagnostics: convert::diagnostics(cx.finish().0),
        deferred: None,
    })
}

pub(in super::super) async fn plan<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::plan_resource_change::Request,
) -> Result<pb::plan_resource_change::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let kind = &resource.object_type;
    let inputs = PlanRequest {
        config: value(request.config, kind)?,
        prior: value(request.prior_state, kind)?,
        proposed: value(request.proposed_new_state, kind)?,
    };
    let cx = shared.cx().about(PrivateState::decode(&request.prior_private));
    let mut cx = cx.with_mark(private_state::mark(&request.prior_private));
    let stop = cx.cancellation().clone();
    let (planned, replace) =
        until_stopped(&stop, resources::plan(resource, &mut cx, inputs)).await?;
    Ok(pb::plan_resource_change::Response {
        planned_state: Some(dynamic(&planned, kind)?),
        requires_replace: replace.iter().map(convert::path).collect(),
        planned_private: match cx.mark() {
            Some(mark) => private_state::marked(&request.prior_private, mark),
            None => request.prior_private,
        },
        diagnostics: convert::diagnostics(cx.finish().0),
        planned_identity: request.prior_identity,
        deferred: shared.deferral(request.client_capabilities),
        ..Default::default()
    })
}

/// Applies a change. Cancellation never interrupts it halfway: it finishes and records what it
/// started.
pub(in super::super) async fn apply<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::apply_resource_change::Request,
) -> Result<pb::apply_resource_change::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let kind = &resource.object_type;
    let prior = resource.schema.with_defaults(value(request.prior_state, kind)?);
    let planned = value(request.planned_state, kind)?;
    let creates = prior.is_null();
    let mut private = PrivateState::decode(&request.planned_private).unmarked();
    if creates {
        // The note of a replaced object does not apply to the new object.
        private = private.in_scope(shared.scope()).with_note(None);
    }
    let cx = shared.cx().about(private.clone());
    if let Ok(client) = cx.client() {
        client.apply_started();
    }
    let mut applied = resources::apply(resource.handler.as_ref(), cx, prior, planned).await;
    if applied.wrote {
        private = private.written_now();
    }
    if let Some(left) = applied.left.take() {
        private = private.with_left(left);
    }
    let new_identity = match request.planned_identity {
        Some(known) if !creates && !applied.state.is_null() => Some(known),
        // Terraform must always receive the state, so a failure here only adds a diagnostic.
        _ => identity_of(resource.handler.as_ref(), &shared.cx(), &applied.state).unwrap_or_else(
            |problem| {
                applied.diagnostics.extend(problem);
                None
            },
        ),
    };
    Ok(pb::apply_resource_change::Response {
        new_state: Some(dynamic(&applied.state, kind)?),
        private: private.with_note(applied.note).encode(),
        diagnostics: convert::diagnostics(applied.diagnostics),
        new_identity,
        ..Default::default()
    })
}

pub(in super::super) async fn generate<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::generate_resource_config::Request,
) -> Result<pb::generate_resource_config::Response> {
    let resource = shared.provider.resources.get(&request.type_name)?;
    let kind = &resource.object_type;
    let config = resources::generate(resource, value(request.state, kind)?);
    Ok(pb::generate_resource_config::Response {
        config: Some(dynamic(&config, kind)?),
        diagnostics: Vec::new(),
    })
}
