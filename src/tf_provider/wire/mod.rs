//! Generated types and their conversions.

/// Terraform's plugin protocol.
pub(crate) mod tfplugin5 {
    #![allow(
        missing_docs,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        unused_qualifications,
        unreachable_pub,
        rust_2018_idioms,
        clippy::allow_attributes,
        missing_debug_implementations,
        clippy::as_conversions,
        dead_code
    )]
    tonic::include_proto!("tfplugin5");
}

/// go-plugin's own services.
pub(crate) mod plugin {
    #![allow(
        missing_docs,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        unused_qualifications,
        unreachable_pub,
        rust_2018_idioms,
        clippy::allow_attributes,
        missing_debug_implementations,
        clippy::as_conversions,
        dead_code
    )]
    tonic::include_proto!("plugin");
}

/// The health service.
pub(crate) mod health {
    #![allow(
        missing_docs,
        clippy::pedantic,
        clippy::allow_attributes_without_reason,
        unused_qualifications,
        unreachable_pub,
        rust_2018_idioms,
        clippy::allow_attributes,
        missing_debug_implementations,
        clippy::as_conversions,
        dead_code
    )]
    tonic::include_proto!("grpc.health.v1");
}
