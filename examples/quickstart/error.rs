//! Errors of the quickstart.

use std::io;
use std::path::PathBuf;

use crate::cli::CliError;

/// The reason why the quickstart stopped.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QuickstartError {
    /// Terraform could not be found or started.
    #[error(transparent)]
    Cli(#[from] CliError),
    /// The build failed. Cargo has already printed its messages.
    #[error("failed to build the provider; see the messages of Cargo above")]
    Build,
    /// The program is not in the directory where Cargo builds it.
    #[error("run it with `cargo run --example quickstart`: {0} is not where Cargo builds examples")]
    Place(PathBuf),
    /// A file of the working directory could not be read or written.
    #[error("failed to read or write {}: {source}", path.display())]
    File {
        /// The file or directory.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The sandbox could not listen on a port.
    #[error("failed to start the sandbox on 127.0.0.1: {0}")]
    Sandbox(io::Error),
    /// The sandbox state could not be read. The sandbox runs in this process, so this is a bug.
    #[error(
        "failed to read the organization of the sandbox: {0}. Report this issue to the provider developers"
    )]
    Organization(String),
    /// Terraform failed, or planned changes where there should be none.
    #[error("`{command}` failed with this output:\n\n{said}")]
    Step {
        /// The command line as a user would type it.
        command: String,
        /// Standard output and standard error.
        said: String,
    },
    /// The copied configuration has no line for the person to offboard.
    #[error("examples/team/main.tf has no line for {0}; update the quickstart")]
    NobodyToOffboard(&'static str),
}
