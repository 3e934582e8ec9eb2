//! A provider without anything in it, which stands in until there is a real one.

use std::process::ExitCode;

use tonic::{Request, Response, Status, async_trait};

use super::{About, run};
use crate::tf_provider::wire::tfplugin5::provider_server::Provider;
use crate::tf_provider::wire::tfplugin5::{
    self, Schema, apply_resource_change, call_function, close_ephemeral_resource, configure,
    generate_resource_config, get_functions, get_metadata, get_provider_schema,
    get_resource_identity_schemas, import_resource_state, invoke_action, list_resource,
    move_resource_state, open_ephemeral_resource, plan_action, plan_resource_change,
    prepare_provider_config, read_data_source, read_resource, renew_ephemeral_resource, schema,
    stop, upgrade_resource_identity, upgrade_resource_state, validate_action_config,
    validate_data_source_config, validate_ephemeral_resource_config, validate_list_resource_config,
    validate_resource_type_config,
};

/// Runs the empty provider.
#[must_use]
pub fn demo_main() -> ExitCode {
    let about = About {
        binary: "terraform-provider-anaconda",
        version: env!("CARGO_PKG_VERSION"),
        address: "registry.terraform.io/anaconda-community/anaconda",
        purpose: env!("CARGO_PKG_DESCRIPTION"),
    };
    run(&about, || Stub)
}

#[derive(Debug)]
struct Stub;

macro_rules! answers_nothing {
    ($($rpc:ident $messages:ident)*) => {
        #[async_trait]
        impl Provider for Stub {
            type ListResourceStream = tokio_stream::Empty<Result<list_resource::Event, Status>>;
            type InvokeActionStream = tokio_stream::Empty<Result<invoke_action::Event, Status>>;

            async fn get_schema(
                &self,
                _: Request<get_provider_schema::Request>,
            ) -> Result<Response<get_provider_schema::Response>, Status> {
                let empty = Schema { block: Some(schema::Block::default()), ..Schema::default() };
                Ok(Response::new(get_provider_schema::Response {
                    provider: Some(empty),
                    server_capabilities: Some(tfplugin5::ServerCapabilities::default()),
                    ..get_provider_schema::Response::default()
                }))
            }

            async fn list_resource(
                &self,
                _: Request<list_resource::Request>,
            ) -> Result<Response<Self::ListResourceStream>, Status> {
                Ok(Response::new(tokio_stream::empty()))
            }

            async fn invoke_action(
                &self,
                _: Request<invoke_action::Request>,
            ) -> Result<Response<Self::InvokeActionStream>, Status> {
                Ok(Response::new(tokio_stream::empty()))
            }

            $(async fn $rpc(
                &self,
                _: Request<$messages::Request>,
            ) -> Result<Response<$messages::Response>, Status> {
                Ok(Response::new($messages::Response::default()))
            })*
        }
    };
}

answers_nothing! {
    get_metadata get_metadata
    prepare_provider_config prepare_provider_config
    validate_resource_type_config validate_resource_type_config
    validate_data_source_config validate_data_source_config
    upgrade_resource_state upgrade_resource_state
    get_resource_identity_schemas get_resource_identity_schemas
    upgrade_resource_identity upgrade_resource_identity
    configure configure
    read_resource read_resource
    plan_resource_change plan_resource_change
    apply_resource_change apply_resource_change
    import_resource_state import_resource_state
    move_resource_state move_resource_state
    read_data_source read_data_source
    generate_resource_config generate_resource_config
    validate_ephemeral_resource_config validate_ephemeral_resource_config
    open_ephemeral_resource open_ephemeral_resource
    renew_ephemeral_resource renew_ephemeral_resource
    close_ephemeral_resource close_ephemeral_resource
    validate_list_resource_config validate_list_resource_config
    get_functions get_functions
    call_function call_function
    plan_action plan_action
    validate_action_config validate_action_config
    stop stop
}
