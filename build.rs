//! Compiles the protocol definitions in `proto/` to Rust, without a `protoc` on the machine.

use std::error::Error;

const PROTOS: [&str; 3] = ["proto/tfplugin5.proto", "proto/plugin.proto", "proto/health.proto"];

fn main() -> Result<(), Box<dyn Error>> {
    for proto in PROTOS {
        println!("cargo::rerun-if-changed={proto}");
    }
    let descriptors = protox::compile(PROTOS, ["proto"])?;
    // The clients are there for the tests, which drive the built binary as Terraform does.
    // Maps in order: the same schemas are the same bytes in every process.
    tonic_prost_build::configure()
        .build_transport(false)
        .btree_map(".")
        .compile_fds(descriptors)?;
    Ok(())
}
