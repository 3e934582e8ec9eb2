//! RPCs about the provider itself: its schemas and its configuration.

use std::sync::Arc;

use super::convert;
use super::service::Shared;
use super::tfplugin5 as pb;
use crate::tf_provider::context::Client;
use crate::tf_provider::diagnostics::Result;
use crate::tf_provider::dispatch::check;
use crate::tf_provider::provider::Provider;
use crate::tf_provider::resource::Upgrade;

/// Returns the optional capabilities of this server.
fn capabilities() -> pb::ServerCapabilities {
    pb::ServerCapabilities {
        plan_destroy: true,
        get_provider_schema_optional: true,
        move_resource_state: false,
        generate_resource_config: true,
    }
}

pub(super) fn metadata<C: Client>(provider: &Provider<C>) -> pb::get_metadata::Response {
    use pb::get_metadata as of;
    let name = |name: &str| name.to_owned();
    pb::get_metadata::Response {
        server_capabilities: Some(capabilities()),
        diagnostics: convert::diagnostics(provider.problems.clone()),
        resources: provider
            .resources
            .iter()
            .map(|(it, _)| of::ResourceMetadata { type_name: name(it) })
            .collect(),
        data_sources: provider
            .data_sources
            .iter()
            .map(|(it, _)| of::DataSourceMetadata { type_name: name(it) })
            .collect(),
        ephemeral_resources: provider
            .ephemerals
            .iter()
            .map(|(it, _)| of::EphemeralMetadata { type_name: name(it) })
            .collect(),
        list_resources: provider
            .lists
            .iter()
            .map(|(it, _)| of::ListResourceMetadata { type_name: name(it) })
            .collect(),
        actions: provider
            .actions
            .iter()
            .map(|(it, _)| of::ActionMetadata { type_name: name(it) })
            .collect(),
        functions: provider
            .functions
            .iter()
            .map(|it| of::FunctionMetadata { name: name(it.name) })
            .collect(),
    }
}

pub(super) fn schemas<C: Client>(provider: &Provider<C>) -> pb::get_provider_schema::Response {
    // Only types that are stored in a state have a schema version.
    let named = |name: &str, schema| (name.to_owned(), convert::schema(schema, 0));
    let action = |schema| pb::ActionSchema { schema: Some(convert::schema(schema, 0)) };
    let version = |upgrades: &[Upgrade]| i64::try_from(upgrades.len()).unwrap_or(i64::MAX);
    pb::get_provider_schema::Response {
        provider: Some(convert::schema(&provider.schema, 0)),
        resource_schemas: provider
            .resources
            .iter()
            .map(|(n, it)| {
                (n.to_owned(), convert::schema(&it.schema, version(it.handler.upgrades())))
            })
            .collect(),
        data_source_schemas: provider
            .data_sources
            .iter()
            .map(|(n, it)| named(n, &it.schema))
            .collect(),
        ephemeral_resource_schemas: provider
            .ephemerals
            .iter()
            .map(|(n, it)| named(n, &it.schema))
            .collect(),
        list_resource_schemas: provider.lists.iter().map(|(n, it)| named(n, &it.schema)).collect(),
        action_schemas: provider
            .actions
            .iter()
            .map(|(n, it)| (n.to_owned(), action(&it.schema)))
            .collect(),
        functions: functions(provider),
        server_capabilities: Some(capabilities()),
        diagnostics: convert::diagnostics(provider.problems.clone()),
        provider_meta: None,
    }
}

pub(super) fn functions<C: Client, M: FromIterator<(String, pb::Function)>>(
    provider: &Provider<C>,
) -> M {
    provider.functions.iter().map(|it| (it.name.to_owned(), convert::function(it))).collect()
}

pub(super) fn identities<C: Client>(
    provider: &Provider<C>,
) -> pb::get_resource_identity_schemas::Response {
    let schemas = provider
        .resources
        .iter()
        .filter(|(_, resource)| !resource.handler.identity_schema().is_empty())
        .map(|(name, resource)| {
            (name.to_owned(), convert::identity(resource.handler.identity_schema()))
        });
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
    shared.configure(client, &config);
    Ok(pb::configure::Response::default())
}
