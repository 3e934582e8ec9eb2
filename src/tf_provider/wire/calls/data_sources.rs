//! RPCs about data sources.

use std::sync::Arc;

use super::super::convert::{self, dynamic, value};
use super::super::service::Shared;
use super::super::tfplugin5 as pb;
use super::until_stopped;
use crate::tf_provider::context::Client;
use crate::tf_provider::diagnostics::Result;

pub(in super::super) async fn validate<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::validate_data_source_config::Request,
) -> Result<pb::validate_data_source_config::Response> {
    let source = shared.provider.data_sources.get(&request.type_name)?;
    let config = value(request.config, &source.object_type)?;
    let diagnostics = convert::diagnostics(source.validate(&config));
    Ok(pb::validate_data_source_config::Response { diagnostics })
}

pub(in super::super) async fn read<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::read_data_source::Request,
) -> Result<pb::read_data_source::Response> {
    let source = shared.provider.data_sources.get(&request.type_name)?;
    if let Some(deferred) = shared.deferral(request.client_capabilities) {
        // Terraform ignores the value, but requires one.
        return Ok(pb::read_data_source::Response {
            state: request.config,
            diagnostics: Vec::new(),
            deferred: Some(deferred),
        });
    }
    let config = value(request.config, &source.object_type)?;
    let mut cx = shared.cx();
    let stop = cx.cancellation().clone();
    let state = until_stopped(&stop, source.handler.read(&mut cx, config)).await?;
    Ok(pb::read_data_source::Response {
        state: Some(dynamic(&state, &source.object_type)?),
        diagnostics: convert::diagnostics(cx.finish().0),
        deferred: None,
    })
}
