//! Instructions that let Terraform attach to a plugin in debug mode.

use std::path::{Path, PathBuf};
use std::{fs, process};

use serde_json::{Value, json};

use super::About;
use super::error::Error;
use super::handshake::Address;

/// Default registries of Terraform and OpenTofu.
const REGISTRIES: [&str; 2] = ["registry.terraform.io", "registry.opentofu.org"];

/// Returns the value of `TF_REATTACH_PROVIDERS`. It names the plugin in the registries of both
/// programs, because each uses its own and ignores the other.
///
/// `Test` tells Terraform that it did not start the process. Without it, Terraform would kill the
/// process.
pub(super) fn variable(about: &About, protocol: u32, address: &Address) -> String {
    let Address { network, place } = address;
    let attach = json!({
        "Protocol": "grpc",
        "ProtocolVersion": protocol,
        "Pid": process::id(),
        "Test": true,
        "Addr": { "Network": network, "String": place },
    });
    // A plugin of another registry has the same name for both.
    let names = match about.address.strip_prefix("registry.terraform.io/") {
        Some(name) => REGISTRIES.map(|registry| format!("{registry}/{name}")).to_vec(),
        None => vec![about.address.to_owned()],
    };
    Value::Object(names.into_iter().map(|name| (name, attach.clone())).collect()).to_string()
}

/// Returns the instructions, with the value in the syntax of the system's shells.
pub(super) fn instructions(about: &About, value: &str) -> String {
    let settings = if cfg!(windows) {
        format!(
            "\tset \"TF_REATTACH_PROVIDERS={value}\"\n\t$env:TF_REATTACH_PROVIDERS='{}'",
            value.replace('\'', "''")
        )
    } else {
        format!("\t{}", assignment(value))
    };
    format!(
        "{} runs in debug mode. Set this environment variable in the shell that runs Terraform. Press Ctrl-C \
         here to stop.\n\n\
         {settings}\n",
        about.binary,
    )
}

/// Returns the assignment of the environment variable in shell syntax.
fn assignment(value: &str) -> String {
    format!("TF_REATTACH_PROVIDERS='{}'", value.replace('\'', r"'\''"))
}

/// File with the environment variable. It is removed when this value is dropped, because it is
/// useless then.
#[derive(Debug)]
pub(super) struct VariableFile(PathBuf);

impl VariableFile {
    /// Writes `export TF_REATTACH_PROVIDERS=...`, for `source`.
    ///
    /// The file is written under another name and then renamed, so that a program that waits for it
    /// always finds it complete.
    pub(super) fn write(file: &Path, value: &str) -> Result<Self, Error> {
        let mut draft = file.as_os_str().to_owned();
        draft.push(".new");
        fs::write(&draft, format!("export {}\n", assignment(value)))
            .and_then(|()| fs::rename(&draft, file))
            .map_err(|source| Error::VariableFile { file: file.to_owned(), source })?;
        Ok(Self(file.to_owned()))
    }
}

impl Drop for VariableFile {
    fn drop(&mut self) {
        drop(fs::remove_file(&self.0));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ABOUT: About = About {
        binary: "terraform-provider-demo",
        version: "1.2.3",
        address: "registry.terraform.io/acme/demo",
        purpose: "demonstrates",
        commands: &[],
    };

    #[test]
    fn reattach_variable_matches_terraform_format() {
        let address = Address { network: "unix", place: "/tmp/p/socket".into() };
        let value: Value = serde_json::from_str(&variable(&ABOUT, 5, &address)).unwrap();
        let entry = &value["registry.terraform.io/acme/demo"];
        assert_eq!(entry, &value["registry.opentofu.org/acme/demo"]);
        assert_eq!(entry["Protocol"], "grpc");
        assert_eq!(entry["ProtocolVersion"], 5);
        assert_eq!(entry["Pid"], process::id());
        assert_eq!(entry["Test"], true);
        assert_eq!(entry["Addr"], json!({ "Network": "unix", "String": "/tmp/p/socket" }));
    }

    #[test]
    fn quote_in_socket_path_is_shell_escaped() {
        assert_eq!(assignment("it's"), r"TF_REATTACH_PROVIDERS='it'\''s'");
    }

    #[test]
    fn reattach_file_is_removed_on_exit() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("x.env");
        let written = VariableFile::write(&file, "{}").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "export TF_REATTACH_PROVIDERS='{}'\n");
        drop(written);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
