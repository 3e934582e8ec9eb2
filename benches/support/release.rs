//! Builds the measured programs as a release.
//!
//! Cargo builds a benchmark with the features that tests need. A release has fewer features, so a
//! separate `cargo build` produces it. If `BENCH_AS_BUILT` is set, the benchmarks use the existing
//! binaries.

use std::path::{Path, PathBuf};
use std::process::Command;

/// Builds the provider as it is released. Returns the path of the binary.
pub(crate) fn provider() -> PathBuf {
    build(&["--bin", "terraform-provider-anaconda"]).join("terraform-provider-anaconda")
}

/// Builds a provider to compare with: `floor` or `echo`.
pub(crate) fn example(name: &str) -> PathBuf {
    build(&["--example", name]).join("examples").join(name)
}

fn build(what: &[&str]) -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
    if std::env::var_os("BENCH_AS_BUILT").is_some() {
        return target.join("release");
    }
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet"])
        .args(what)
        .current_dir(root)
        .status();
    assert!(built.is_ok_and(|status| status.success()), "{what:?} does not build");
    target.join("release")
}
