//! Release archives: packed by `.ci/package` and installed by `terraform init`.
//!
//! All other tests give Terraform a built program with `dev_overrides`. Here, Terraform finds the
//! archive by its name, unpacks it, and finds the program in it by its name. Terraform then checks
//! the version and writes what it installed to the lock file.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::LazyLock;

use serde_json::Value;
use tempfile::TempDir;
use terraform_provider_anaconda::sandbox::{Options, Sandbox};

use crate::cli::{Cli, CliEnvironment};
use crate::clis::on_clis;

on_clis! {
    each_series: [provider_from_mirror_manages_team],
    oldest_and_newest: [archive_not_in_lock_file_is_rejected],
}

const NAME: &str = "terraform-provider-anaconda";
const VERSION: &str = env!("CARGO_PKG_VERSION");
const LOCK: &str = ".terraform.lock.hcl";

/// Runs the script that packs releases.
fn script(arguments: &[&OsStr]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join(".ci/package");
    Command::new("python3").arg(script).args(arguments).output().unwrap()
}

/// Packs a program in the same way as a release.
fn package(out: &Path, program: &Path) {
    let done = script(&["--binary".as_ref(), program.as_ref(), "--out".as_ref(), out.as_ref()]);
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

/// Returns the files of a release of the built program. Packs it once for all tests, because
/// compression takes seconds.
fn release() -> &'static BTreeMap<PathBuf, Vec<u8>> {
    static RELEASE: LazyLock<BTreeMap<PathBuf, Vec<u8>>> = LazyLock::new(|| {
        let dir = TempDir::new().unwrap();
        package(dir.path(), program());
        files(dir.path())
    });
    &RELEASE
}

/// Writes the files of the release to a directory.
fn copy_release(to: &Path) {
    for (name, content) in release() {
        let file = to.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    }
}

fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_terraform-provider-anaconda"))
}

/// A mirror, and a copy of `examples/team` that installs only from it.
struct Installation {
    dir: TempDir,
    sandbox: Sandbox,
    surroundings: CliEnvironment,
}

impl Installation {
    async fn new() -> Self {
        let dir = TempDir::with_prefix("anaconda-mirror-").unwrap();
        copy_release(&dir.path().join("dist"));
        let team = dir.path().join("team");
        fs::create_dir(&team).unwrap();
        let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/team");
        for file in fs::read_dir(example).unwrap().map(|entry| entry.unwrap().path()) {
            fs::copy(&file, team.join(file.file_name().unwrap())).unwrap();
        }
        let config = dir.path().join("cli.tfrc");
        let mirror = dir.path().join("dist/mirror");
        let text = format!(
            "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
            mirror.display()
        );
        fs::write(&config, text).unwrap();

        let options = Options::default();
        let mut env = vec![
            ("ANACONDA_ORGANIZATION_ID", options.organization.clone()),
            ("ANACONDA_CLIENT_ID", options.client_id.clone()),
            ("ANACONDA_CLIENT_SECRET", options.client_secret.clone()),
            ("ANACONDA_ADMIN_USERNAME", options.admin_username.clone()),
            ("ANACONDA_ADMIN_PASSWORD", options.admin_password.clone()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ];
        let sandbox = Sandbox::start(options).await.unwrap();
        env.push(("ANACONDA_BASE_URL", sandbox.url()));
        let env = env.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { dir, sandbox, surroundings: CliEnvironment { dir: team, config, env } }
    }

    /// Runs a command. Returns whether it succeeded, and its output.
    async fn run(&self, cli: &Cli, arguments: &[&str]) -> (bool, String) {
        let output = cli.run(&self.surroundings, arguments).await.unwrap();
        (output.status.success(), output.text())
    }

    async fn run_ok(&self, cli: &Cli, arguments: &[&str]) -> String {
        let (succeeded, text) = self.run(cli, arguments).await;
        assert!(succeeded, "`{}` failed:\n{text}", arguments.join(" "));
        text
    }

    fn lock_file(&self) -> String {
        fs::read_to_string(self.surroundings.dir.join(LOCK)).unwrap()
    }

    /// Returns the directory of the mirror from which the program installs.
    fn mirror(&self) -> PathBuf {
        self.dir.path().join("dist/mirror")
    }

    /// Removes the installed providers, as in a fresh checkout. Keeps the lock file.
    fn forget(&self) {
        fs::remove_dir_all(self.surroundings.dir.join(".terraform")).unwrap();
    }
}

async fn provider_from_mirror_manages_team(cli: Cli) {
    let installation = Installation::new().await;
    let said = installation.run_ok(&cli, &["init"]).await;
    assert!(said.contains(&format!("anaconda-community/anaconda v{VERSION}")), "{said}");
    let lock = installation.lock_file();
    assert!(lock.contains(&format!("version     = \"{VERSION}\"")), "{lock}");
    assert!(lock.contains("\"h1:"), "there is no checksum of the unpacked archive: {lock}");

    // A second installation must find the same archive and must not change the lock file.
    installation.forget();
    installation.run_ok(&cli, &["init"]).await;
    assert_eq!(installation.lock_file(), lock);
    let mirror = format!("-fs-mirror={}", installation.mirror().display());
    installation.run_ok(&cli, &["providers", "lock", &mirror]).await;
    assert_eq!(installation.lock_file(), lock);

    installation.run_ok(&cli, &["apply", "-auto-approve"]).await;
    let plan = installation.run_ok(&cli, &["plan", "-detailed-exitcode"]).await;
    assert!(plan.contains("No changes."), "{plan}");
    installation.run_ok(&cli, &["destroy", "-auto-approve"]).await;
    installation.sandbox.stop().await;
}

async fn archive_not_in_lock_file_is_rejected(cli: Cli) {
    let installation = Installation::new().await;
    installation.run_ok(&cli, &["init"]).await;
    installation.forget();
    let other = installation.dir.path().join("other");
    fs::write(&other, "#!/bin/sh\n").unwrap();
    package(&installation.dir.path().join("dist"), &other);
    let (succeeded, said) = installation.run(&cli, &["init"]).await;
    assert!(!succeeded && said.contains("checksums"), "{said}");
    installation.sandbox.stop().await;
}

/// Returns all files below a directory, by relative path.
fn files(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![dir.to_owned()];
    while let Some(folder) = waiting.pop() {
        for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                waiting.push(path);
            } else {
                found.insert(path.strip_prefix(dir).unwrap().to_owned(), fs::read(path).unwrap());
            }
        }
    }
    found
}

#[test]
fn packaging_same_program_is_reproducible() {
    let dir = TempDir::new().unwrap();
    // A copy has different timestamps and a different name. The archive must not contain either.
    let copy = dir.path().join("copy");
    fs::copy(program(), &copy).unwrap();
    package(&dir.path().join("second"), &copy);
    let (first, second) = (release(), files(&dir.path().join("second")));
    assert!(first.keys().eq(second.keys()));
    assert!(first.len() >= 6, "{:?}", first.keys());
    for (name, content) in first {
        assert!(content == &second[name], "{} differs", name.display());
    }
}

#[test]
fn checksums_and_sbom_match_archive() {
    let dir = TempDir::new().unwrap();
    copy_release(dir.path());
    let sums = format!("{NAME}_{VERSION}_SHA256SUMS");
    let checked = Command::new("sha256sum").arg("-c").arg(sums).current_dir(dir.path()).output();
    let checked = checked.unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stdout));
    assert_eq!(String::from_utf8_lossy(&checked.stdout).lines().count(), 2);

    let listed = release().iter().find(|(name, _)| name.to_string_lossy().ends_with(".cdx.json"));
    let listed: Value = serde_json::from_slice(listed.unwrap().1).unwrap();
    let names: Vec<_> =
        listed["components"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert!(names.iter().any(|name| *name == "rustls"));
    // Dependencies of only the build or the tests, and a TLS library that the provider does not
    // use.
    for absent in ["tonic-prost-build", "tempfile", "syn", "ring"] {
        assert!(names.iter().all(|name| *name != absent), "{absent} is not in the program");
    }
}

#[test]
fn release_requires_tag_of_version() {
    for tag in ["v0.0.0", VERSION, "v", ""] {
        let checked = script(&["--check-tag".as_ref(), tag.as_ref()]);
        let said = String::from_utf8_lossy(&checked.stderr).into_owned();
        assert!(!checked.status.success() && said.contains("they have to agree"), "{tag}: {said}");
    }
    // Until the changelog contains the release date, the correct tag is rejected for that reason.
    let checked = script(&["--check-tag".as_ref(), format!("v{VERSION}").as_ref()]);
    let said = String::from_utf8_lossy(&checked.stderr).into_owned();
    assert_eq!(checked.status.success(), !said.contains("(Unreleased)"), "{said}");
    let notes = script(&["--release-notes".as_ref()]);
    let notes = String::from_utf8_lossy(&notes.stdout).into_owned();
    assert!(notes.len() > 10 && !notes.contains("## "), "{notes}");
}
