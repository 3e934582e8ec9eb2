//! Errors before and while the plugin serves.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use super::tls::BadCertificate;

/// Error before or while serving. Each one ends the process with status 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Terraform requested TLS with an invalid certificate. There is no fallback without TLS.
    #[error(
        "invalid client certificate in PLUGIN_CLIENT_CERT; \
         Terraform sets this environment variable, so check for a wrapper that changes it"
    )]
    ClientCertificate(#[source] BadCertificate),
    /// The certificate of the plugin could not be created.
    #[error("failed to create a certificate for the connection to Terraform")]
    ServerCertificate(#[source] rcgen::Error),
    /// The TLS library rejects the settings.
    #[error("failed to configure TLS for the connection to Terraform")]
    Tls(#[source] rustls::Error),
    /// The directory for the socket could not be created.
    #[error("failed to create a socket directory in {}; check TMPDIR and PLUGIN_UNIX_SOCKET_DIR", .folder.display())]
    #[cfg(unix)]
    Folder { folder: PathBuf, source: io::Error },
    /// The socket could not be created.
    #[error("failed to listen on {address}")]
    Listen { address: String, source: io::Error },
    /// The group of the socket does not exist.
    #[error(
        "PLUGIN_UNIX_SOCKET_GROUP is {0:?}, which is not a group in /etc/group; correct or unset it"
    )]
    #[cfg(unix)]
    UnknownGroup(String),
    /// The port range is not valid.
    #[error(
        "invalid port range: PLUGIN_MIN_PORT is {0:?} and PLUGIN_MAX_PORT is {1:?}; correct or unset them"
    )]
    #[cfg(any(not(unix), test))]
    Ports(String, String),
    /// Standard output is closed.
    #[error("failed to write the handshake to standard output")]
    Stdout(#[source] io::Error),
    /// The file of `--debug-file` could not be written.
    #[error("failed to write the file of --debug-file: {}", .file.display())]
    VariableFile { file: PathBuf, source: io::Error },
    /// The runtime or the signal handlers could not be started.
    #[error("failed to start threads or signal handlers")]
    Process(#[source] io::Error),
    /// The server failed.
    #[error("connection to Terraform closed unexpectedly; run the command again")]
    Server(#[source] tonic::transport::Error),
}

/// Returns the error and its causes in one line.
pub(super) fn chain(error: &dyn StdError) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}
