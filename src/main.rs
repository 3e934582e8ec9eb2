//! The binary of the provider.

use std::process::ExitCode;

use terraform_provider_anaconda::tf_provider::serve::About;
use terraform_provider_anaconda::{check, provider, tf_provider};

const ABOUT: About = About {
    binary: "terraform-provider-anaconda",
    version: env!("CARGO_PKG_VERSION"),
    address: "registry.terraform.io/anaconda-community/anaconda",
    purpose: "Terraform provider for Anaconda organizations",
    commands: &[check::COMMAND],
};

fn main() -> ExitCode {
    tf_provider::run(&ABOUT, provider::provider)
}
