//! The steps of the quickstart.

use crate::cli::{Cli, Output};
use crate::error::QuickstartError;
use crate::organization::Organization;
use crate::project::Project;

/// The person who is offboarded in the middle of the run.
const LEAVER: &str = "edsger@example.com";

/// Runs all steps. With `keep`, the team remains at the end.
pub(crate) async fn all(
    cli: &Cli,
    project: &Project,
    url: &str,
    keep: bool,
) -> Result<(), QuickstartError> {
    let steps = Steps { cli, project };

    steps.run(&["init"], "install the provider from a local directory").await?;
    Organization::of(url).await?.show();

    let planned = steps.run(&["plan", "-out=team.plan"], "show the planned changes").await?;
    println!("     {}\n", summary(&planned));

    let why = "create users, seats, and tokens concurrently";
    let applied = steps.run(&["apply", "team.plan"], why).await?;
    println!("     {}", summary(&applied));
    Organization::of(url).await?.show();

    let why = "Terraform masks sensitive outputs";
    let outputs = steps.run(&["output"], why).await?;
    for line in outputs.stdout.lines().filter(|line| line.contains("<sensitive>")) {
        println!("     {line}");
    }
    println!();

    // With this argument, a plan with changes returns a nonzero exit code.
    let why = "a second plan shows no changes";
    let planned = steps.run(&["plan", "-detailed-exitcode"], why).await?;
    println!("     {}\n", summary(&planned));

    println!("  {LEAVER} leaves the team: one line of main.tf is removed.\n");
    project.remove_line(LEAVER)?;
    let why = "revoke the token, unassign the seat, remove the user";
    let applied = steps.run(&["apply", "-auto-approve"], why).await?;
    println!("     {}", summary(&applied));
    Organization::of(url).await?.show();

    if keep {
        return Ok(());
    }
    let why = "remove everything that Terraform created";
    let destroyed = steps.run(&["destroy", "-auto-approve"], why).await?;
    println!("     {}", summary(&destroyed));
    let left = Organization::of(url).await?;
    left.show();
    println!("Done. The configuration is in examples/team.");
    println!("To keep the team and the sandbox: cargo run --example quickstart -- --keep");
    Ok(())
}

/// The data that the steps share.
struct Steps<'a> {
    cli: &'a Cli,
    project: &'a Project,
}

impl Steps<'_> {
    /// Prints a command and its purpose, and runs it. The command must succeed.
    async fn run(&self, arguments: &[&str], why: &str) -> Result<Output, QuickstartError> {
        let program = self.cli.path().file_name().unwrap_or_default().to_string_lossy();
        let shown = format!("{program} {}", arguments.join(" "));
        println!("$ {shown:<33} # {why}");
        let output = self.cli.run(self.project.environment(), arguments).await?;
        if output.status.success() {
            return Ok(output);
        }
        let command = format!("{} {}", self.cli.path().display(), arguments.join(" "));
        Err(QuickstartError::Step { command, said: output.text() })
    }
}

/// Returns the summary line of Terraform's output: the last one, because an apply repeats its plan.
fn summary(output: &Output) -> &str {
    let tells = |line: &&str| {
        ["Plan: ", "Apply complete!", "Destroy complete!", "No changes."]
            .iter()
            .any(|start| line.starts_with(start))
    };
    output.stdout.lines().rev().find(tells).unwrap_or_default()
}
