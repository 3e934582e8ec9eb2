//! The process: arguments, handshake, transport, and its end.
//!
//! Terraform starts the binary, reads one line from its standard output, connects to the socket
//! named there, and sends RPCs until it says `Shutdown`. Everything about that is here and
//! nothing about what the RPCs mean: the service is a parameter of `run`.
//!
//! Order matters: what a person can ask for (`--version`) comes first, then the check whether
//! Terraform is calling at all, and only then anything that costs time.

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

/// What the process says about itself.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Name of the binary: `terraform-provider-anaconda`.
    pub binary: &'static str,
    /// Version of the release, without a `v`.
    pub version: &'static str,
    /// Full source address: `registry.terraform.io/anaconda-community/anaconda`.
    pub address: &'static str,
    /// What it is for, in one line.
    pub purpose: &'static str,
    /// What else a person can have it do.
    pub commands: &'static [Subcommand],
}

/// Something that the binary does for a person, apart from being a plugin: `BINARY NAME ...`.
#[derive(Clone, Copy, Debug)]
pub struct Subcommand {
    /// The first argument, a plain word.
    pub name: &'static str,
    /// What it does, for `--help`: the end of a line.
    pub purpose: &'static str,
    /// Does it, with the arguments that follow the name. Secrets are safe from core dumps then.
    pub run: fn(Vec<OsString>) -> ExitCode,
}

impl About {
    /// The last part of the address, which is the provider's name in a configuration.
    fn name(&self) -> &'static str {
        self.address.rsplit('/').next().unwrap_or(self.address)
    }

    /// The address as people write it, without the host that is the default.
    fn source(&self) -> &'static str {
        self.address.strip_prefix("registry.terraform.io/").unwrap_or(self.address)
    }
}

/// How the process was started, which decides who may end it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Mode {
    /// By Terraform, which also ends it.
    Plugin,
    /// By a developer with `--debug`: no TLS, many clients, ended by signals.
    Debug,
}

/// Runs the plugin until it is told to end: the whole of `main`.
///
/// `service` is called after the handshake line is out, so what it does delays no start.
///
/// Exit status: 0 after an orderly end, 1 if it was not started by Terraform or could not serve,
/// 2 for arguments that mean nothing.
pub(crate) fn run<S: Provider>(about: &About, service: impl FnOnce() -> S) -> ExitCode {
    let environment = Process;
    let mut arguments = env::args_os().skip(1).peekable();
    let first = arguments.peek();
    if let Some(command) =
        about.commands.iter().find(|it| first.is_some_and(|first| first == it.name))
    {
        crash::report_to_stderr();
        // Where the system refuses, the command works all the same.
        drop(memory_protection::keep_memory());
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

/// Serves with logging and crash reports, and reports why it failed if it does.
fn with_logging(about: &About, mode: Mode, serve: impl FnOnce() -> Result<(), Error>) -> ExitCode {
    let private = if mode == Mode::Plugin { memory_protection::keep_memory() } else { Ok(()) };
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

/// Answers a person who asked for something.
fn print_and_exit(text: &str) -> ExitCode {
    match writeln!(io::stdout(), "{text}") {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Writes to stderr, which may be closed already: then there is nobody left to tell.
fn print_error(text: impl Display) {
    drop(writeln!(io::stderr(), "{text}"));
}
