//! Calls about the provider itself: its schemas and its configuration.

use std::sync::Arc;

use super::convert;
use super::service::Shared;
use super::tfplugin5 as pb;
use crate::tf_provider::cx::Client;
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::dispatch::check;
use crate::tf_provider::provider::Provider;

/// What this server can do that a client must not take for granted.
fn capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: false,
    }
}

pub(super) fn metadata<C: Client>(provider: &Provider<C>) -> pb::get_metadata::Response {
    let resources = provider
        .resources
        .iter()
        .map(|(name, _)| pb::get_metadata::ResourceMetadata { type_name: name.to_owned() });
    let data_sources = provider
        .data_sources
        .iter()
        .map(|(name, _)| pb::get_metadata::DataSourceMetadata { type_name: name.to_owned() });
    pb::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        resources: resources.collect(),
        data_sources: data_sources.collect(),
        ..Default::default()
    }
}

pub(super) fn schemas<C: Client>(provider: &Provider<C>) -> pb::get_provider_schema::Response {
    let resources = provider
        .resources
        .iter()
        .map(|(name, resource)| (name.to_owned(), convert::schema(resource.schema())));
    let data_sources = provider
        .data_sources
        .iter()
        .map(|(name, source)| (name.to_owned(), convert::schema(source.schema())));
    pb::get_provider_schema::Response {
        provider: Some(convert::schema(&provider.schema)),
        resource_schemas: resources.collect(),
        data_source_schemas: data_sources.collect(),
        server_capabilities: Some(capabilities()),
        diagnostics: convert::diagnostics(provider.problems.clone()),
        ..Default::default()
    }
}

pub(super) fn identities<C: Client>(
    provider: &Provider<C>,
) -> pb::get_resource_identity_schemas::Response {
    let schemas = provider
        .resources
        .iter()
        .filter(|(_, resource)| !resource.identity_schema().is_empty())
        .map(|(name, resource)| (name.to_owned(), convert::identity(resource.identity_schema())));
    pb::get_resource_identity_schemas::Response {
        identity_schemas: schemas.collect(),
        diagnostics: Vec::new(),
    }
}

pub(super) async fn prepare<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::prepare_provider_config::Request,
) -> Result<pb::prepare_provider_config::Response> {
    let provider = &shared.provider;
    let config = convert::value(request.config.clone(), &provider.config_type)?;
    Ok(pb::prepare_provider_config::Response {
        prepared_config: request.config,
        diagnostics: convert::diagnostics(check(&provider.schema, &config)),
    })
}

pub(super) async fn configure<C: Client>(
    shared: Arc<Shared<C>>,
    request: pb::configure::Request,
) -> Result<pb::configure::Response> {
    let config = convert::value(request.config, &shared.provider.config_type)?;
    let client = (shared.provider.connect)(&config, &request.terraform_version)?;
    shared.configure(client);
    Ok(pb::configure::Response::default())
}
