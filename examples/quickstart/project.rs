//! The built provider, the Terraform program, and their working directory.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};

use tempfile::TempDir;
use terraform_provider_anaconda::sandbox::Options;
use tokio::process::Command;

use crate::cli::{Cli, CliEnvironment};
use crate::error::QuickstartError;

const PROVIDER: &str = "terraform-provider-anaconda";
const VERSION: &str = env!("CARGO_PKG_VERSION");
/// The registries of Terraform and OpenTofu. Each program uses its own.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// A copy of `examples/team`, and a filesystem mirror from which Terraform installs the provider.
#[derive(Debug)]
pub(crate) struct Project {
    dir: TempDir,
    surroundings: CliEnvironment,
}

/// The working directory of a project that remains after this program exits.
#[derive(Debug)]
pub(crate) struct KeptProject(CliEnvironment);

/// Builds the provider with the profile of this program, and returns its path.
pub(crate) async fn build_provider() -> Result<PathBuf, QuickstartError> {
    let (target, profile) = place()?;
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    // Cargo calls the profile `dev`, and its directory `debug`.
    let named = if profile == "debug" { "dev" } else { profile.as_str() };
    // Name this example too, so that Cargo chooses the same dependency features for both and does
    // not build the dependencies twice.
    let built = Command::new(cargo)
        .args(["build", "--quiet", "--bin", PROVIDER, "--example", "quickstart"])
        .args(["--profile", named, "--target-dir"])
        .arg(&target)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdin(Stdio::null())
        .status()
        .await;
    if !built.is_ok_and(|status| status.success()) {
        return Err(QuickstartError::Build);
    }
    Ok(target.join(profile).join(PROVIDER))
}

/// Returns the program to run: the one from the environment, else an installed one, else a
/// downloaded one.
pub(crate) async fn terraform() -> Result<Cli, QuickstartError> {
    if let Some(cli) = Cli::from_environment().await? {
        return Ok(cli);
    }
    for name in ["terraform", "tofu"] {
        if let Some(cli) = Cli::installed(name).await? {
            return Ok(cli);
        }
    }
    Ok(Cli::fetched("1.15", &place()?.0).await?)
}

/// Returns the target directory of Cargo and the profile.
///
/// The path of this program is `target/<profile>/examples/quickstart`.
fn place() -> Result<(PathBuf, String), QuickstartError> {
    let program = env::current_exe().map_err(|source| file(Path::new("quickstart"), source))?;
    let mut above = program.ancestors().skip(2);
    let profile = above.next().and_then(Path::file_name).and_then(|name| name.to_str());
    match (profile, above.next()) {
        (Some(profile), Some(target)) => Ok((target.to_path_buf(), profile.to_owned())),
        _ => Err(QuickstartError::Place(program)),
    }
}

impl Project {
    /// Creates the files of the project below `target/quickstart`.
    pub(crate) fn new(
        program: &Path,
        options: &Options,
        url: &str,
    ) -> Result<Self, QuickstartError> {
        let parent = place()?.0.join("quickstart");
        create_dir(&parent)?;
        let dir = TempDir::with_prefix_in("run-", &parent).map_err(|e| file(&parent, e))?;
        let team = dir.path().join("team");
        create_dir(&team)?;
        copy_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/team"), &team)?;
        let mirror = dir.path().join("mirror");
        for registry in REGISTRIES {
            install(program, &mirror.join(registry))?;
        }
        let config = dir.path().join("cli.tfrc");
        let text = format!(
            "# Terraform installs providers only from this directory.\n\
             provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.display()
        );
        fs::write(&config, text).map_err(|e| file(&config, e))?;
        let env = [
            ("ANACONDA_BASE_URL", url),
            ("ANACONDA_ORGANIZATION_ID", &options.organization),
            ("ANACONDA_CLIENT_ID", &options.client_id),
            ("ANACONDA_CLIENT_SECRET", &options.client_secret),
            ("ANACONDA_ADMIN_USERNAME", &options.admin_username),
            ("ANACONDA_ADMIN_PASSWORD", &options.admin_password),
        ];
        let env = env.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec();
        Ok(Self { dir, surroundings: CliEnvironment { dir: team, config, env } })
    }

    /// Returns the directory and the environment in which Terraform runs.
    pub(crate) fn environment(&self) -> &CliEnvironment {
        &self.surroundings
    }

    /// Removes the line about a person from the configuration.
    pub(crate) fn remove_line(&self, person: &'static str) -> Result<(), QuickstartError> {
        let path = self.surroundings.dir.join("main.tf");
        let before = fs::read_to_string(&path).map_err(|e| file(&path, e))?;
        let others = before.lines().filter(|line| !line.contains(person));
        let after = others.flat_map(|line| [line, "\n"]).collect::<String>();
        if after.len() == before.len() {
            return Err(QuickstartError::NobodyToOffboard(person));
        }
        fs::write(&path, after).map_err(|e| file(&path, e))
    }

    /// Keeps the directory.
    pub(crate) fn keep(self) -> KeptProject {
        let _ = self.dir.keep();
        KeptProject(self.surroundings)
    }
}

impl KeptProject {
    /// Prints how to continue manually.
    ///
    /// The credentials of the sandbox are not real, so printing them is safe.
    pub(crate) fn explain(&self, cli: &Cli) {
        let CliEnvironment { dir, config, env } = &self.0;
        println!("The sandbox keeps running. In another terminal:\n");
        println!("  cd {}", dir.display());
        println!("  export TF_CLI_CONFIG_FILE={}", config.display());
        for (name, value) in env {
            println!("  export {name}={value}");
        }
        println!("\n  {} plan", cli.path().display());
        println!("\nEdit main.tf, apply, and read the organization:\n");
        if let Some((_, url)) = env.iter().find(|(name, _)| name == "ANACONDA_BASE_URL") {
            println!("  curl {url}/_sandbox/state\n");
        }
        println!("Press Ctrl-C to stop the sandbox, which deletes the organization.");
    }
}

/// Installs the provider where Terraform expects it in a filesystem mirror.
fn install(program: &Path, registry: &Path) -> Result<(), QuickstartError> {
    // The names of platforms in Terraform's downloads.
    let os = if cfg!(target_os = "macos") { "darwin" } else { env::consts::OS };
    let arch = match env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    };
    let dir =
        registry.join("anaconda-community/anaconda").join(VERSION).join(format!("{os}_{arch}"));
    create_dir(&dir)?;
    let place = dir.join(format!("{PROVIDER}_v{VERSION}"));
    // A hard link needs no space, but does not work across file systems.
    fs::hard_link(program, &place)
        .or_else(|_| fs::copy(program, &place).map(drop))
        .map_err(|e| file(&place, e))
}

fn copy_files(from: &Path, to: &Path) -> Result<(), QuickstartError> {
    for entry in fs::read_dir(from).map_err(|e| file(from, e))? {
        let path = entry.map_err(|e| file(from, e))?.path();
        if let (Some(name), Some("tf")) =
            (path.file_name(), path.extension().and_then(|e| e.to_str()))
        {
            fs::copy(&path, to.join(name)).map_err(|e| file(&path, e))?;
        }
    }
    Ok(())
}

fn create_dir(path: &Path) -> Result<(), QuickstartError> {
    fs::create_dir_all(path).map_err(|e| file(path, e))
}

fn file(path: &Path, source: io::Error) -> QuickstartError {
    QuickstartError::File { path: path.to_path_buf(), source }
}
