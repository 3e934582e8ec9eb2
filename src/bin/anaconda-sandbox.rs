//! `anaconda-sandbox`: the sandbox as a program.

use std::env;
use std::io::{self, Write as _};
use std::process::ExitCode;

use terraform_provider_anaconda::sandbox::command_line::{self, Command, HELP};
use terraform_provider_anaconda::sandbox::{Options, Sandbox};

/// The conventional exit status for an invalid command line.
const USAGE: u8 = 2;

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = env::args_os().skip(1).map(|argument| argument.to_string_lossy().into_owned());
    let outcome = match command_line::parse(arguments) {
        Ok(Command::Run(options)) => run(*options).await,
        Ok(Command::Help) => say(HELP),
        Ok(Command::Version) => say(concat!("anaconda-sandbox ", env!("CARGO_PKG_VERSION"), "\n")),
        Err(error) => {
            print_error(&format!("anaconda-sandbox: {error}\nSee anaconda-sandbox --help.\n"));
            return ExitCode::from(USAGE);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(&format!("anaconda-sandbox: {error}\n"));
            ExitCode::FAILURE
        }
    }
}

async fn run(options: Options) -> io::Result<()> {
    if !options.listen.ip().is_loopback() {
        print_error(&format!(
            "Warning: {} is not a loopback address. Every client that reaches it can read and change \
             all data of the sandbox below /_sandbox, without authentication.\n",
            options.listen.ip()
        ));
    }
    let listen = options.listen;
    let sandbox = Sandbox::start(options.clone()).await.map_err(|error| {
        let advice = match error.kind() {
            io::ErrorKind::AddrInUse | io::ErrorKind::PermissionDenied => {
                "set another --port, or remove it to use a free port"
            }
            io::ErrorKind::AddrNotAvailable => {
                "set --listen to an address of this machine, or remove it to use 127.0.0.1"
            }
            _ => return error,
        };
        io::Error::new(error.kind(), format!("failed to listen on {listen}: {error}; {advice}"))
    })?;
    say(&welcome(&sandbox.url(), &options))?;
    asked_to_stop().await?;
    sandbox.stop().await;
    Ok(())
}

/// Returns the configuration with which to use the sandbox.
///
/// The credentials are valid only for the sandbox, so printing them is safe.
fn welcome(url: &str, options: &Options) -> String {
    let Options { organization, client_id, client_secret, .. } = options;
    let Options { admin_username, admin_password, dialect, seats, .. } = options;
    format!(
        "\
Sandbox of the Anaconda Organization Management API ({dialect}) at {url}
Organization {organization:?}, {seats} seats. Open the URL in a browser to see the organization. Press Ctrl-C to stop.

provider \"anaconda\" {{
  base_url        = {}
  organization_id = {}
  client_id       = {}
  client_secret   = {}
  admin_username  = {}
  admin_password  = {}
}}

Or set environment variables:

export ANACONDA_BASE_URL={}
export ANACONDA_ORGANIZATION_ID={}
export ANACONDA_CLIENT_ID={}
export ANACONDA_CLIENT_SECRET={}
export ANACONDA_ADMIN_USERNAME={}
export ANACONDA_ADMIN_PASSWORD={}
",
        in_hcl(url),
        in_hcl(organization),
        in_hcl(client_id),
        in_hcl(client_secret),
        in_hcl(admin_username),
        in_hcl(admin_password),
        in_shell(url),
        in_shell(organization),
        in_shell(client_id),
        in_shell(client_secret),
        in_shell(admin_username),
        in_shell(admin_password),
    )
}

/// Returns text as an HCL string literal. HCL reads `${` and `%{` in strings as templates.
fn in_hcl(text: &str) -> String {
    let escaped = text.replace('\\', "\\\\").replace('"', "\\\"");
    let escaped = escaped.replace('\n', "\\n").replace('\r', "\\r").replace('\t', "\\t");
    format!("\"{}\"", escaped.replace("${", "$${").replace("%{", "%%{"))
}

/// Returns a word as a shell argument.
fn in_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', "'\\''"))
    }
}

async fn asked_to_stop() -> io::Result<()> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let mut terminate = signal(SignalKind::terminate())?;
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted,
            _ = terminate.recv() => Ok(()),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await
}

fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

fn print_error(text: &str) {
    // A failure to write to standard error cannot be reported anywhere.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pasted_credentials_keep_their_value() {
        assert_eq!(in_hcl("a\"b\\c${d}%{e}\n"), r#""a\"b\\c$${d}%%{e}\n""#);
        assert_eq!(in_shell("http://127.0.0.1:80"), "http://127.0.0.1:80");
        assert_eq!(in_shell("it's"), r"'it'\''s'");
        assert_eq!(in_shell(""), "''");
    }

    #[test]
    fn welcome_text_has_all_provider_settings() {
        let text = welcome("http://127.0.0.1:80", &Options::default());
        for needed in ["base_url", "organization_id", "client_secret", "ADMIN_PASSWORD"] {
            assert!(text.contains(needed), "{needed}");
        }
    }
}
