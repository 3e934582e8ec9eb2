//! The whole provider in one command, with nothing to sign up for:
//!
//! ```console
//! $ cargo run --example quickstart
//! ```
//!
//! Builds the provider, starts the sandbox (an imitation of Anaconda's organization API) in this
//! process, and runs the real Terraform on a copy of `examples/team`. After each step it shows the
//! organization as the sandbox sees it. With `-- --keep`, the sandbox keeps running at the end.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this program shows something")]

#[path = "../../acceptance/cli.rs"]
mod cli;
mod organization;
mod project;
mod steps;
mod trouble;

use std::env;
use std::process::ExitCode;

use terraform_provider_anaconda::sandbox::{Options, Sandbox};

use crate::project::Project;
use crate::trouble::Trouble;

const USAGE: &str = "usage: cargo run --example quickstart [-- --keep]

  --keep   leave the team in place at the end, and the sandbox running until Ctrl-C";

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
            eprintln!("\nThe quickstart did not get to its end: {trouble}");
            ExitCode::FAILURE
        }
    }
}

async fn run(keep: bool) -> Result<(), Trouble> {
    println!("Building the provider, and looking for Terraform (fetched when there is none) ...");
    let program = project::build_provider().await?;
    let cli = project::terraform().await?;
    let options = Options::default();
    let sandbox = Sandbox::start(options.clone()).await.map_err(Trouble::Sandbox)?;
    let project = Project::new(&program, &options, &sandbox.url())?;
    println!(
        "{} from {}\nSandbox at {}, an organization with {} seats and one admin\n",
        cli.name(),
        cli.path().display(),
        sandbox.url(),
        options.seats
    );

    let outcome = steps::all(&cli, &project, &sandbox.url(), keep).await;
    if keep && outcome.is_ok() {
        let directory = project.keep();
        directory.explain(&cli);
        // Whatever the signal's fate, there is nothing left to do but to stop.
        let _ = tokio::signal::ctrl_c().await;
        println!("\nStopped. The directory is still there.");
    }
    sandbox.stop().await;
    outcome
}
