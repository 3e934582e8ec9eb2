//! Code that `build.rs` generates from `proto/`.

macro_rules! generated {
    ($(#[$doc:meta])* $name:ident, $package:literal) => {
        $(#[$doc])*
        #[allow(
            missing_docs,
            unreachable_pub,
            unused_qualifications,
            dead_code,
            clippy::pedantic,
            clippy::as_conversions,
            clippy::allow_attributes,
            clippy::allow_attributes_without_reason,
            reason = "generated; what it means is written in proto/. The clients serve the tests."
        )]
        pub(crate) mod $name {
            tonic::include_proto!($package);
        }
    };
}

generated!(
    /// Terraform's plugin protocol.
    tfplugin5,
    "tfplugin5"
);
generated!(
    /// Services of go-plugin.
    plugin,
    "plugin"
);
generated!(
    /// Health service of gRPC.
    health,
    "grpc.health.v1"
);
