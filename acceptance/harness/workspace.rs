//! One working directory of Terraform: its configuration, its state, and its logs.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::{env, fs};

use serde_json::{Value, json};
use tempfile::TempDir;

use super::admin::{Admin, list};
use crate::cli::{Cli, CliEnvironment, Output};

/// Blocks that the harness adds to a configuration without its own.
const REQUIRED_PROVIDERS: &str = r#"
terraform {
  required_providers {
    anaconda = {
      source = "anaconda-community/anaconda"
    }
  }
}
"#;
const PROVIDER: &str = "\nprovider \"anaconda\" {}\n";

/// Directory in which commands run.
///
/// Every command writes a full trace. Neither the trace nor the output of a command may contain a
/// secret.
#[derive(Debug)]
pub(crate) struct Workspace {
    cli: Cli,
    admin: Admin,
    dir: TempDir,
    surroundings: CliEnvironment,
    commands: usize,
}

/// Whether the standard output of a command can contain secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Default: the output must not contain secrets, unless Terraform documents that it does.
    NoSecret,
    /// `show -json` and `output -raw` are documented to print secrets.
    Secrets,
}

impl Workspace {
    /// Creates an empty directory with a CLI configuration that uses the provider of this build.
    pub(crate) fn new(cli: &Cli, admin: &Admin, env: Vec<(String, String)>) -> Self {
        let dir = TempDir::with_prefix("anaconda-acceptance-").unwrap();
        let provider = Path::new(env!("CARGO_BIN_EXE_terraform-provider-anaconda"));
        let config = dir.path().join("cli.tfrc");
        let overrides = format!(
            "provider_installation {{\n  dev_overrides {{\n    \
             \"anaconda-community/anaconda\" = \"{}\"\n  }}\n  direct {{}}\n}}\n",
            provider.parent().unwrap().display()
        );
        fs::write(&config, overrides).unwrap();
        let surroundings = CliEnvironment { dir: dir.path().to_owned(), config, env };
        Self { cli: cli.clone(), admin: admin.clone(), dir, surroundings, commands: 0 }
    }

    /// Sets an environment variable for all later commands.
    pub(crate) fn set_env(&mut self, name: &str, value: &str) {
        self.unset_env(name);
        self.surroundings.env.push((name.to_owned(), value.to_owned()));
    }

    /// Removes an environment variable for all later commands.
    pub(crate) fn unset_env(&mut self, name: &str) {
        self.surroundings.env.retain(|(known, _)| known != name);
    }

    /// Makes `hcl` the whole configuration.
    pub(crate) fn configure(&self, hcl: &str) {
        let mut text = hcl.to_owned();
        if !hcl.contains("required_providers") {
            text.push_str(REQUIRED_PROVIDERS);
        }
        if !hcl.contains("provider \"anaconda\"") {
            text.push_str(PROVIDER);
        }
        self.write("main.tf", &text);
    }

    /// Returns the whole configuration, or an empty text if there is none yet.
    pub(crate) fn configuration(&self) -> String {
        fs::read_to_string(self.dir.path().join("main.tf")).unwrap_or_default()
    }

    /// Writes a file into the directory or, with a name such as `survey/main.tf`, into a
    /// subdirectory.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// Removes a file.
    pub(crate) fn remove(&self, name: &str) {
        fs::remove_file(self.dir.path().join(name)).unwrap();
    }

    /// Returns the environment variables of commands.
    pub(crate) fn environment(&self) -> &[(String, String)] {
        &self.surroundings.env
    }

    /// Returns the log of the last command with this name.
    pub(crate) fn log(&self, command: &str) -> String {
        let name = |number: usize| format!("{number:03}-{command}.log");
        let last = (1..=self.commands).rev().find_map(|number| self.read(&name(number)));
        let log = last.unwrap_or_else(|| panic!("`{command}` was not run"));
        String::from_utf8_lossy(&log).into_owned()
    }

    /// Runs all later commands with another program, as after an upgrade.
    pub(crate) fn switch_to(&mut self, cli: &Cli) {
        self.cli = cli.clone();
    }

    /// Returns the bytes of a file in the directory, or `None` if it does not exist.
    pub(crate) fn read(&self, name: &str) -> Option<Vec<u8>> {
        fs::read(self.dir.path().join(name)).ok()
    }

    /// Runs a command, and searches its output and its log for secrets.
    pub(crate) async fn run(&mut self, arguments: &[&str], shows: Shows) -> Output {
        self.run_reading(arguments, shows, None).await
    }

    /// Like [`Workspace::run`], for a command that reads the file `input` of this directory.
    pub(crate) async fn run_reading(
        &mut self,
        arguments: &[&str],
        shows: Shows,
        input: Option<&str>,
    ) -> Output {
        let input = match input {
            Some(name) => fs::File::open(self.dir.path().join(name)).unwrap().into(),
            None => Stdio::null(),
        };
        let (surroundings, log) = self.next_command(arguments);
        let output = self.cli.run_reading(&surroundings, arguments, input).await;
        let output = output.unwrap_or_else(|e| panic!("{e}"));

        let command = arguments.join(" ");
        let secrets = self.admin.secrets().await;
        if shows == Shows::NoSecret {
            assert_no_secret(&secrets, &output.stdout, &format!("the output of `{command}`"));
        }
        assert_no_secret(&secrets, &output.stderr, &format!("the errors of `{command}`"));
        assert_log_without(&secrets, &log, &command);
        output
    }

    /// Runs a command until `moment` completes, then kills it and returns the result of `moment`.
    /// If the command exits first, returns its output as an error.
    pub(crate) async fn run_until<T>(
        &mut self,
        arguments: &[&str],
        moment: impl Future<Output = T>,
    ) -> Result<T, Output> {
        let (surroundings, log) = self.next_command(arguments);
        let moment = tokio::select! {
            output = self.cli.run(&surroundings, arguments) => {
                return Err(output.unwrap_or_else(|e| panic!("{e}")));
            }
            moment = moment => moment,
        };
        assert_log_without(&self.admin.secrets().await, &log, &arguments.join(" "));
        Ok(moment)
    }

    /// Returns the directory in which commands run.
    pub(crate) fn directory(&self) -> &Path {
        self.dir.path()
    }

    /// Returns the environment of the next command and the path of its log.
    fn next_command(&mut self, arguments: &[&str]) -> (CliEnvironment, PathBuf) {
        self.commands += 1;
        let log = self.dir.path().join(format!("{:03}-{}.log", self.commands, arguments[0]));
        let mut surroundings = self.surroundings.clone();
        surroundings.env.push(("TF_LOG".to_owned(), "TRACE".to_owned()));
        surroundings.env.push(("TF_LOG_PATH".to_owned(), log.display().to_string()));
        surroundings.env.push(("NO_PROXY".to_owned(), "127.0.0.1".to_owned()));
        (surroundings, log)
    }

    /// Runs a command that must succeed.
    pub(crate) async fn run_ok(&mut self, arguments: &[&str], shows: Shows) -> Output {
        let output = self.run(arguments, shows).await;
        let text = if shows == Shows::Secrets { output.stderr.clone() } else { output.text() };
        assert!(output.status.success(), "`{}` failed:\n{text}", arguments.join(" "));
        output
    }

    /// Returns the state in the format of `show -json`.
    ///
    /// Reads an unencrypted state from its file. The command takes a tenth of a second, and every
    /// test needs the state often.
    pub(crate) async fn state(&mut self) -> Value {
        if let Ok(text) = fs::read(self.dir.path().join("terraform.tfstate")) {
            let stored: Value = serde_json::from_slice(&text).unwrap();
            if stored["version"] == 4 {
                return as_shown(&stored);
            }
        }
        let output = self.run_ok(&["show", "-json"], Shows::Secrets).await;
        serde_json::from_str(&output.stdout).unwrap()
    }
}

/// Converts a state file to the format of `show -json`, as far as tests read it: the objects of the
/// root module.
fn as_shown(stored: &Value) -> Value {
    let mut resources = Vec::new();
    for resource in list(stored, "resources").iter().filter(|it| it["module"].is_null()) {
        let (mode, kind, name) = (&resource["mode"], &resource["type"], &resource["name"]);
        let prefix = if mode == "data" { "data." } else { "" };
        let address = format!("{prefix}{}.{}", kind.as_str().unwrap(), name.as_str().unwrap());
        for object in list(resource, "instances") {
            let index = match &object["index_key"] {
                Value::Null => String::new(),
                index => format!("[{index}]"),
            };
            resources.push(json!({
                "address": format!("{address}{index}"),
                "mode": mode,
                "type": kind,
                "values": object["attributes"],
                "identity": object["identity"],
            }));
        }
    }
    let resources = if resources.is_empty() { Value::Null } else { resources.into() };
    json!({"values": {"root_module": {"resources": resources}}})
}

impl Drop for Workspace {
    /// With `ANACONDA_ACC_KEEP=1`, keeps the directory of a failed test for inspection.
    fn drop(&mut self) {
        if std::thread::panicking() && env::var_os("ANACONDA_ACC_KEEP").is_some() {
            self.dir.disable_cleanup(true);
            eprintln!("kept: {}", self.dir.path().display());
        }
    }
}

/// Fails if a log contains a secret or does not exist.
fn assert_log_without(secrets: &[String], log: &Path, command: &str) {
    let trace = fs::read(log).unwrap_or_else(|e| panic!("`{command}` wrote no log: {e}"));
    let trace = String::from_utf8_lossy(&trace);
    assert_no_secret(secrets, &trace, &format!("the log of `{command}`"));
}

/// Fails if a text contains a secret, without printing the secret.
fn assert_no_secret(secrets: &[String], text: &str, place: &str) {
    for secret in secrets {
        if let Some(at) = text.find(secret.as_str()) {
            let line = text[..at].lines().count();
            let before = text[..at].lines().next_back().unwrap_or_default();
            panic!("{place} holds a secret in line {line}, after {before:?}");
        }
    }
}

/// Returns the attributes of one object in a state.
pub(crate) fn attributes(state: &Value, address: &str) -> Option<Value> {
    Some(object(state, address)?["values"].clone())
}

/// Returns everything that a state contains about one object.
pub(crate) fn object<'a>(state: &'a Value, address: &str) -> Option<&'a Value> {
    let resources = state["values"]["root_module"]["resources"].as_array()?;
    resources.iter().find(|resource| resource["address"] == address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[should_panic(expected = "the log holds a secret in line 2, after \"token=\"")]
    fn leaked_secret_is_detected_but_not_printed() {
        assert_no_secret(&["hush".to_owned()], "first\ntoken=hush", "the log");
    }
}
