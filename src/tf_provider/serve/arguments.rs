//! Parses the command line. Terraform passes no arguments; all arguments are for users and
//! developers.

use std::ffi::OsString;
use std::path::PathBuf;

/// Command of the command line.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Serve as a plugin, without arguments.
    Serve,
    /// Serve in debug mode, for clients that attach by themselves.
    Debug {
        /// File for `TF_REATTACH_PROVIDERS`, in addition to stdout.
        variable_file: Option<PathBuf>,
    },
    /// Print the version.
    Version,
    /// Print the help text.
    Help,
}

/// An invalid command line. The texts continue a line that starts with the name of the binary.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum UsageError {
    /// Unknown argument.
    #[error("unknown argument {0:?}; see --help")]
    Unknown(OsString),
    /// `--debug-file` without a file.
    #[error("--debug-file requires the path of a file; see --help")]
    NoFile,
}

/// Parses the arguments that follow the name of the program.
///
/// One dash is equivalent to two, because users of other providers type `-debug`. If several
/// commands are given, help takes precedence over version, and version over debug.
pub(super) fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Command, UsageError> {
    let (mut debug, mut version, mut help) = (false, false, false);
    let mut variable_file = None;
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.to_str().map(name) {
            Some("debug") => debug = true,
            Some("version") => version = true,
            Some("help" | "h") => help = true,
            Some("debug-file") => {
                variable_file = Some(arguments.next().ok_or(UsageError::NoFile)?.into());
            }
            Some(text) if text.starts_with("debug-file=") => {
                variable_file = text.split_once('=').map(|(_, file)| file.into());
            }
            _ => return Err(UsageError::Unknown(argument)),
        }
    }
    Ok(match (help, version, debug || variable_file.is_some()) {
        (true, ..) => Command::Help,
        (_, true, _) => Command::Version,
        (.., true) => Command::Debug { variable_file },
        _ => Command::Serve,
    })
}

/// Returns the text after one or two dashes. Text without a dash is never a valid name, so it
/// remains unknown.
fn name(argument: &str) -> &str {
    argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(arguments: &[&str]) -> Result<Command, UsageError> {
        parse(arguments.iter().map(OsString::from))
    }

    #[test]
    fn missing_arguments_start_plugin_mode() {
        assert_eq!(parsed(&[]), Ok(Command::Serve));
    }

    #[test]
    fn single_and_double_dash_are_equal() {
        for (argument, command) in [
            ("-debug", Command::Debug { variable_file: None }),
            ("--debug", Command::Debug { variable_file: None }),
            ("-version", Command::Version),
            ("--version", Command::Version),
            ("-h", Command::Help),
            ("--help", Command::Help),
        ] {
            assert_eq!(parsed(&[argument]), Ok(command), "{argument}");
        }
    }

    #[test]
    fn debug_file_argument_implies_debug_mode() {
        let debug = Command::Debug { variable_file: Some("x=y.env".into()) };
        assert_eq!(parsed(&["--debug-file", "x=y.env"]).as_ref(), Ok(&debug));
        assert_eq!(parsed(&["-debug", "-debug-file=x=y.env"]).as_ref(), Ok(&debug));
        assert_eq!(parsed(&["--debug-file"]), Err(UsageError::NoFile));
    }

    #[test]
    fn unknown_argument_is_rejected_by_name() {
        for argument in ["debug", "--verbose", "", "-"] {
            assert_eq!(parsed(&[argument]), Err(UsageError::Unknown(argument.into())));
        }
    }
}
