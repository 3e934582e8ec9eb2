//! RPCs about ephemeral resources. They need no renewal and no closing.

use std::sync::Arc;

use super::super::convert::{self, dynamic, value};
use super::super::service::Shared;
use super::super::tfplugin5 as pb;
use super::until_stopped;
use crate::tf_provider::context::Client;
use crate::tf_provider::diagnostics::Result;

pub(in super::super) async fn validate<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::validate_ephemeral_resource_config::Request,
) -> Result<pb::validate_ephemeral_resource_config::Response> {
    let ephemeral = shared.provider.ephemerals.get(&request.type_name)?;
    let config = value(request.config, &ephemeral.object_type)?;
    let diagnostics = convert::diagnostics(ephemeral.validate(&config));
    Ok(pb::validate_ephemeral_resource_config::Response { diagnostics })
}

pub(in super::super) async fn open<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::open_ephemeral_resource::Request,
) -> Result<pb::open_ephemeral_resource::Response> {
    let ephemeral = shared.provider.ephemerals.get(&request.type_name)?;
    let config = value(request.config, &ephemeral.object_type)?;
    let mut cx = shared.cx();
    let stop = cx.cancellation().clone();
    let result = until_stopped(&stop, ephemeral.handler.open(&mut cx, config)).await?;
    Ok(pb::open_ephemeral_resource::Response {
        result: Some(dynamic(&result, &ephemeral.object_type)?),
        diagnostics: convert::diagnostics(cx.finish().0),
        ..Default::default()
    })
}

pub(in super::super) async fn renew<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::renew_ephemeral_resource::Request,
) -> Result<pb::renew_ephemeral_resource::Response> {
    shared.provider.ephemerals.get(&request.type_name)?;
    Ok(pb::renew_ephemeral_resource::Response::default())
}

pub(in super::super) async fn close<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::close_ephemeral_resource::Request,
) -> Result<pb::close_ephemeral_resource::Response> {
    shared.provider.ephemerals.get(&request.type_name)?;
    Ok(pb::close_ephemeral_resource::Response::default())
}
