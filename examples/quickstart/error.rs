//! Errors of the quickstart.

use std::io;
use std::path::PathBuf;

use crate::cli::CliError;

/// Why the quickstart stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuickstartError {
    /// Finding or starting Terraform.
    #[error(transparent)]
    Cli(#[from] CliError),
    /// Cargo's own messages are on the screen already.
    #[error("failed to build the provider; see the messages of Cargo above")]
    Build,
    /// The program was moved away from where Cargo builds it.
    #[error("run it with `cargo run --example quickstart`: {0} is not where Cargo builds examples")]
    Place(PathBuf),
    /// Reading or writing a file of the working directory.
    #[error("failed to read or write {}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The listener could not be opened.
    #[error("failed to start the sandbox on 127.0.0.1: {0}")]
    Sandbox(io::Error),
    /// The sandbox runs in this process, so this is a defect of ours.
    #[error(
        "failed to read the organization of the sandbox: {0}. Report this issue to the provider developers"
    )]
    Organization(String),
    /// Terraform failed, or planned changes where there should be none.
    #[error("`{command}` failed with this output:\n\n{said}")]
    Step {
        /// The command as one would type it.
        command: String,
        /// Output and errors.
        said: String,
    },
    /// The copied configuration has no line for the person who is to leave.
    #[error("examples/team/main.tf has no line for {0}; update the quickstart")]
    NobodyToOffboard(&'static str),
}
