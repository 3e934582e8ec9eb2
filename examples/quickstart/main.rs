//! Runs the provider with Terraform and the sandbox in one command, without an account:
//!
//! ```console
//! $ cargo run --example quickstart
//! ```
//!
//! Builds the provider, starts the sandbox (a simulator of the Anaconda API) in this process, and
//! runs Terraform with a copy of `examples/team`. After each step, prints the organization in the
//! sandbox. With `-- --keep`, the sandbox keeps running at the end.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a command-line program")]

#[path = "../../acceptance/cli.rs"]
mod cli;
mod error;
mod organization;
mod project;
mod steps;

use std::env;
use std::process::ExitCode;

use terraform_provider_anaconda::sandbox::{Options, Sandbox};

use crate::error::QuickstartError;
use crate::project::Project;

const USAGE: &str = "usage: cargo run --example quickstart [-- --keep]

  --keep   keep the team at the end, and run the sandbox until Ctrl-C";

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let keep = match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        [] => false,
        ["--keep"] => true,
        ["--help" | "-h"] => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    match run(keep).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(trouble) => {
            eprintln!("\nThe quickstart failed: {trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn run(keep: bool) -> Result<(), QuickstartError> {
    println!("Building the provider, and locating Terraform (downloaded if not installed) ...");
    let program = project::build_provider().await?;
    let cli = project::terraform().await?;
    let options = Options::default();
    let sandbox = Sandbox::start(options.clone()).await.map_err(QuickstartError::Sandbox)?;
    let project = Project::new(&program, &options, &sandbox.url())?;
    println!(
        "{} from {}\nSandbox at {}: one organization with {} seats and one admin\n",
        cli.name(),
        cli.path().display(),
        sandbox.url(),
        options.seats
    );

    let outcome = steps::all(&cli, &project, &sandbox.url(), keep).await;
    if keep && outcome.is_ok() {
        let directory = project.keep();
        directory.explain(&cli);
        // Stop even if waiting for the signal failed: nothing else remains to be done.
        let _ = tokio::signal::ctrl_c().await;
        println!("\nStopped. The directory still exists.");
    }
    sandbox.stop().await;
    outcome
}
