//! Why the plugin could not serve.

use std::error::Error as StdError;
use std::io;
use std::path::PathBuf;

use super::tls::BadCertificate;

/// Trouble before or while serving. Each ends the process with status 1.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub(crate) enum Error {
    /// Terraform asked for TLS in a way that cannot be honoured. There is no plain fallback.
    #[error(
        "cannot use the client certificate in PLUGIN_CLIENT_CERT; \
         Terraform sets this variable, so look for a wrapper that changes it"
    )]
    ClientCertificate(#[source] BadCertificate),
    /// Our own certificate could not be made.
    #[error("cannot make a certificate for the connection with Terraform")]
    ServerCertificate(#[source] rcgen::Error),
    /// The TLS library refuses our settings.
    #[error("cannot set up TLS for the connection with Terraform")]
    Tls(#[source] rustls::Error),
    /// No folder for the socket.
    #[error("cannot make a private folder for the socket in {}; check TMPDIR and PLUGIN_UNIX_SOCKET_DIR", .folder.display())]
    #[cfg(unix)]
    Folder { folder: PathBuf, source: io::Error },
    /// No socket.
    #[error("cannot listen on {address}")]
    Listen { address: String, source: io::Error },
    /// The group that should reach the socket.
    #[error(
        "PLUGIN_UNIX_SOCKET_GROUP is {0:?}, and there is no such group in /etc/group; correct or unset it"
    )]
    #[cfg(unix)]
    UnknownGroup(String),
    /// The range of ports.
    #[error(
        "PLUGIN_MIN_PORT and PLUGIN_MAX_PORT are {0:?} and {1:?}, which is no range of ports; correct or unset them"
    )]
    #[cfg(any(not(unix), test))]
    Ports(String, String),
    /// Nobody reads what we print.
    #[error("cannot print to the standard output, where Terraform expects the handshake")]
    Stdout(#[source] io::Error),
    /// The file that `--debug-file` names.
    #[error("cannot write the file of --debug-file, {}", .file.display())]
    VariableFile { file: PathBuf, source: io::Error },
    /// The runtime or the signal handlers.
    #[error("cannot start the threads or the signal handlers of this process")]
    Process(#[source] io::Error),
    /// The server broke.
    #[error("the connection with Terraform broke; run the same command again")]
    Server(#[source] tonic::transport::Error),
}

/// The error and its causes in one line, each once.
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
