//! Plugin process: arguments, handshake, transport, and shutdown.
//!
//! Terraform starts the binary, reads one line from its standard output, connects to the socket in
//! that line, and sends RPCs until it sends `Shutdown`. This module implements that, but not the
//! RPCs themselves: the service is a parameter of `run`.
//!
//! The order matters: first the commands for users (`--version`), then the check whether Terraform
//! started the process, and only then anything that takes time.

mod accept;
mod arguments;
mod cli_text;
mod connection;
mod crash;
mod detached;
pub(crate) mod environment;
mod error;
#[cfg(test)]
#[path = "../../../tests/fuzz/serve.rs"]
mod fuzz;
mod handshake;
mod lifecycle;
mod listener;
mod memory_protection;
mod reattach;
mod server;
mod services;
mod signals;
mod tls;

use std::env;
use std::ffi::OsString;
use std::fmt::Display;
use std::io::{self, Write};
use std::process::ExitCode;

use self::arguments::Command;
use self::environment::Process;
use self::error::Error;
use crate::tf_provider::log;
use crate::tf_provider::wire::tfplugin5::provider_server::Provider;

/// Description of the plugin.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Name of the binary: `terraform-provider-anaconda`.
    pub binary: &'static str,
    /// Version of the release, without a `v`.
    pub version: &'static str,
    /// Full source address: `registry.terraform.io/anaconda-community/anaconda`.
    pub address: &'static str,
    /// Purpose, in one line.
    pub purpose: &'static str,
    /// Additional commands for users.
    pub commands: &'static [Subcommand],
}

/// Command of the binary for users, in addition to serving as a plugin: `BINARY NAME ...`.
#[derive(Clone, Copy, Debug)]
pub struct Subcommand {
    /// First argument, a plain word.
    pub name: &'static str,
    /// Purpose for `--help`: the end of a line.
    pub purpose: &'static str,
    /// Runs the command with the arguments after the name. Core dumps are disabled before that, to
    /// protect secrets.
    pub run: fn(Vec<OsString>) -> ExitCode,
}

impl About {
    /// Returns the last part of the address, which is the name of the provider in a configuration.
    fn name(&self) -> &'static str {
        self.address.rsplit('/').next().unwrap_or(self.address)
    }

    /// Returns the address as users write it, without the default host.
    fn source(&self) -> &'static str {
        self.address.strip_prefix("registry.terraform.io/").unwrap_or(self.address)
    }
}

/// How the process was started, which decides how it ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// Started by Terraform, which also ends it.
    Plugin,
    /// Started by a developer with `--debug`: no TLS, several clients, ended by signals.
    Debug,
}

/// Runs the plugin until it ends. This is the whole of `main`.
///
/// `service` is called after the handshake line is written, so its work does not delay the start.
///
/// Exit status: 0 after an orderly shutdown, 1 if Terraform did not start the process or if serving
/// failed, 2 for invalid arguments.
pub(crate) fn run<S: Provider>(about: &About, service: impl FnOnce() -> S) -> ExitCode {
    let environment = Process;
    let mut arguments = env::args_os().skip(1).peekable();
    let first = arguments.peek();
    if let Some(command) =
        about.commands.iter().find(|it| first.is_some_and(|first| first == it.name))
    {
        crash::report_to_stderr();
        // If the system rejects the request, the command still works.
        drop(memory_protection::disable_core_dumps());
        return (command.run)(arguments.skip(1).collect());
    }
    match arguments::parse(arguments) {
        Ok(Command::Version) => print_and_exit(&cli_text::version(about)),
        Ok(Command::Help) => print_and_exit(&cli_text::help(about)),
        Ok(Command::Serve) if !handshake::has_magic_cookie(&environment) => {
            print_error(cli_text::explanation(about, env::current_exe().ok().as_deref()));
            ExitCode::FAILURE
        }
        Ok(Command::Serve) => {
            with_logging(about, Mode::Plugin, || server::as_plugin(&environment, service))
        }
        Ok(Command::Debug { variable_file: file }) => with_logging(about, Mode::Debug, || {
            server::for_debugging(about, &environment, file.as_deref(), service)
        }),
        Err(unclear) => {
            print_error(format_args!("{}: {unclear}", about.binary));
            ExitCode::from(2)
        }
    }
}

/// Serves with logging and crash reports, and prints the error if serving fails.
fn with_logging(about: &About, mode: Mode, serve: impl FnOnce() -> Result<(), Error>) -> ExitCode {
    let private =
        if mode == Mode::Plugin { memory_protection::disable_core_dumps() } else { Ok(()) };
    crash::report_to_stderr();
    log::start(about.name(), &Process, mode == Mode::Debug);
    if let Err(error) = private {
        tracing::warn!(%error, "failed to disable core dumps");
    }
    match serve() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            print_error(format_args!("{}: {}", about.binary, error::chain(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Prints the output that a user requested.
fn print_and_exit(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Writes to stderr. An error is ignored, because stderr might be closed.
fn print_error(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}
