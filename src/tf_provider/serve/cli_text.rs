//! Texts of the command line: `--help`, `--version`, and the explanation without arguments.

use std::fmt::Write as _;
use std::path::Path;

use super::About;

/// Returns the output of `--version`.
pub(super) fn version(about: &About) -> String {
    format!("{} {}", about.binary, about.version)
}

/// Returns the output of `--help`.
pub(super) fn help(about: &About) -> String {
    let About { binary, purpose, commands, .. } = about;
    let commands = commands.iter().fold(String::new(), |mut lines, command| {
        let _ = writeln!(lines, "  {:<20}{}", command.name, command.purpose);
        lines
    });
    format!(
        "{binary}: {purpose}

Terraform and OpenTofu start this plugin. You do not have to run it.

{commands}  --debug             run in debug mode and print TF_REATTACH_PROVIDERS; press Ctrl-C to stop
  --debug-file FILE   same as --debug; also write TF_REATTACH_PROVIDERS to FILE for `source FILE`
  --version           print the version
  --help              print this text"
    )
}

/// Returns the text for a user who starts the program without arguments.
///
/// `program` is the path of the program. Its directory is part of the example, which can be pasted.
pub(super) fn explanation(about: &About, program: Option<&Path>) -> String {
    let folder = program.and_then(Path::parent).unwrap_or(Path::new("/path/to/directory"));
    let About { binary, purpose, .. } = about;
    let (name, source, folder) = (about.name(), about.source(), folder.display());
    format!(
        "{binary}: {purpose}

This program is a plugin. Terraform or OpenTofu starts it.

To use a released version, add this block to a configuration, and run `terraform init`:

  terraform {{
    required_providers {{
      {name} = {{ source = \"{source}\" }}
    }}
  }}

To use this build, write the following to a file such as dev.tfrc, set the environment variable
TF_CLI_CONFIG_FILE to its path, and run `terraform plan` without `terraform init`:

  provider_installation {{
    dev_overrides {{
      \"{source}\" = \"{folder}\"
    }}
    direct {{}}
  }}

To debug the plugin, run it with --debug. For all arguments, run it with --help."
    )
}

#[cfg(test)]
mod tests {
    use super::super::Subcommand;
    use super::*;

    const ABOUT: About = About {
        binary: "terraform-provider-demo",
        version: "1.2.3",
        address: "registry.terraform.io/acme/demo",
        purpose: "demonstrates",
        commands: &[Subcommand {
            name: "greet",
            purpose: "says hello",
            run: |_| std::process::ExitCode::SUCCESS,
        }],
    };

    #[test]
    fn explanation_shows_local_installation_steps() {
        let text = explanation(&ABOUT, Some(Path::new("/opt/build/terraform-provider-demo")));
        assert!(text.contains("\"acme/demo\" = \"/opt/build\""), "{text}");
        assert!(text.contains("demo = { source = \"acme/demo\" }"), "{text}");
    }

    #[test]
    fn help_lists_each_argument_and_command() {
        for argument in [
            "\n  greet               says hello\n",
            "--debug ",
            "--debug-file",
            "--version",
            "--help",
        ] {
            assert!(help(&ABOUT).contains(argument), "{argument}");
        }
    }
}
