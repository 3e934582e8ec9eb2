//! Texts for a person who starts the binary.

use std::fmt::Write as _;
use std::path::Path;

use super::About;

/// Answer to `--version`.
pub(super) fn version(about: &About) -> String {
    format!("{} {}", about.binary, about.version)
}

/// Answer to `--help`.
pub(super) fn help(about: &About) -> String {
    let About { binary, purpose, commands, .. } = about;
    let commands = commands.iter().fold(String::new(), |mut lines, command| {
        let _ = writeln!(lines, "  {:<20}{}", command.name, command.purpose);
        lines
    });
    format!(
        "{binary}: {purpose}

Terraform and OpenTofu start this program by themselves, without arguments.

{commands}  --debug             wait for Terraform to attach, and print how; end with Ctrl-C
  --debug-file FILE   the same, and write the variable to FILE for `source FILE`
  --version           print the version
  --help              print this text"
    )
}

/// What to say when a person, and not Terraform, started the program.
///
/// `program` is this very file; its folder goes into the example so that it can be pasted.
pub(super) fn explanation(about: &About, program: Option<&Path>) -> String {
    let folder = program.and_then(Path::parent).unwrap_or(Path::new("/folder/of/this/file"));
    let About { binary, purpose, .. } = about;
    let (name, source, folder) = (about.name(), about.source(), folder.display());
    format!(
        "{binary}: {purpose}

This is a plugin. Terraform or OpenTofu starts it; by itself it does nothing.

To use a released version, name it in a configuration and run `terraform init`:

  terraform {{
    required_providers {{
      {name} = {{ source = \"{source}\" }}
    }}
  }}

To use this very file, write this to a file, say dev.tfrc, set TF_CLI_CONFIG_FILE to its
path, and run `terraform plan` without `terraform init`:

  provider_installation {{
    dev_overrides {{
      \"{source}\" = \"{folder}\"
    }}
    direct {{}}
  }}

To debug it, start it with --debug. See --help for the rest."
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
    fn the_explanation_has_the_pieces_of_a_local_installation() {
        let text = explanation(&ABOUT, Some(Path::new("/opt/build/terraform-provider-demo")));
        assert!(text.contains("\"acme/demo\" = \"/opt/build\""), "{text}");
        assert!(text.contains("demo = { source = \"acme/demo\" }"), "{text}");
    }

    #[test]
    fn help_names_each_argument_and_command() {
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
