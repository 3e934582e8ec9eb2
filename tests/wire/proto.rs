//! Generated clients.

macro_rules! generated {
    ($(#[doc = $doc:literal] $module:ident = $package:literal;)*) => {
        $(
            #[doc = $doc]
            pub(crate) mod $module {
                #![allow(
                    clippy::all,
                    clippy::pedantic,
                    clippy::allow_attributes,
                    clippy::allow_attributes_without_reason,
                    clippy::as_conversions,
                    dead_code,
                    missing_debug_implementations,
                    missing_docs,
                    rust_2018_idioms,
                    unreachable_pub,
                    unused_qualifications,
                    reason = "generated code"
                )]
                tonic::include_proto!($package);
            }
        )*
    };
}

generated! {
    /// Terraform's plugin protocol.
    tfplugin5 = "tfplugin5";
    /// Services of go-plugin.
    plugin = "plugin";
    /// Health service.
    health = "grpc.health.v1";
}
