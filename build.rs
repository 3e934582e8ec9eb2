//! Compiles the protocol definitions in `proto/` to Rust, without an installed `protoc`.

use std::error::Error;

const PROTOS: [&str; 3] = ["proto/tfplugin5.proto", "proto/plugin.proto", "proto/health.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for proto in PROTOS {
        println!("cargo::rerun-if-changed={proto}");
    }
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    // The tests need the gRPC clients, because they drive the built binary as Terraform does.
    // Ordered maps make the bytes of a schema identical in every process.
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
