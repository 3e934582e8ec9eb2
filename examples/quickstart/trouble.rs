//! What can go wrong, and what to do then.

use std::io;
use std::path::PathBuf;

use crate::cli::CliError;

/// Why the quickstart stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// Finding or starting Terraform.
    #[error(transparent)]
    Cli(#[from] CliError),
    /// Cargo's own messages are on the screen already.
    #[error("the provider could not be built; see Cargo's messages above")]
    Build,
    /// The program was moved away from where Cargo builds it.
    #[error("run it with `cargo run --example quickstart`: {0} is not where Cargo builds examples")]
    Place(PathBuf),
    /// Reading or writing a file of the working directory.
    #[error("{} could not be read or written: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The listener could not be opened.
    #[error("the sandbox could not be started on 127.0.0.1: {0}")]
    Sandbox(io::Error),
    /// The sandbox runs in this process, so this is a defect of ours.
    #[error(
        "the sandbox did not say what it holds: {0}. This is a mistake of ours; please report it"
    )]
    Organization(String),
    /// Terraform failed, or planned changes where there should be none.
    #[error("`{command}` did not end as it should, and this is what it said:\n\n{said}")]
    Step {
        /// The command as one would type it.
        command: String,
        /// Output and errors.
        said: String,
    },
    /// The copied configuration has no line for the person who is to leave.
    #[error("examples/team/main.tf has no line for {0} any more; change the quickstart with it")]
    NobodyToOffboard(&'static str),
}
