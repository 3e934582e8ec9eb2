//! The story, step by step.

use crate::cli::{Cli, Output};
use crate::organization::Organization;
use crate::project::Project;
use crate::trouble::Trouble;

/// Who leaves in the middle of the story.
const LEAVER: &str = "edsger@example.com";

/// Runs all steps; with `keep` the team stays at the end.
pub(crate) async fn all(
    cli: &Cli,
    project: &Project,
    url: &str,
    keep: bool,
) -> Result<(), Trouble> {
    let story = Story { cli, project };

    story.run(&["init"], "install the provider from a local directory, not a registry").await?;
    Organization::of(url).await?.show();

    let planned = story.run(&["plan", "-out=team.plan"], "show what would happen").await?;
    println!("     {}\n", summary(&planned));

    let why = "an account, a seat and a token for everybody, side by side";
    let applied = story.run(&["apply", "team.plan"], why).await?;
    println!("     {}", summary(&applied));
    Organization::of(url).await?.show();

    let why = "secrets are there for programs, and hidden from the screen";
    let outputs = story.run(&["output"], why).await?;
    for line in outputs.stdout.lines().filter(|line| line.contains("<sensitive>")) {
        println!("     {line}");
    }
    println!();

    // With this argument a plan that holds changes does not succeed.
    let why = "asked again, there is nothing to do";
    let planned = story.run(&["plan", "-detailed-exitcode"], why).await?;
    println!("     {}\n", summary(&planned));

    println!("  {LEAVER} leaves the team: one line less in main.tf.\n");
    project.remove_line(LEAVER)?;
    let why = "the token is revoked, then the seat freed, then the user removed";
    let applied = story.run(&["apply", "-auto-approve"], why).await?;
    println!("     {}", summary(&applied));
    Organization::of(url).await?.show();

    if keep {
        return Ok(());
    }
    let why = "all that Terraform made goes away, and nothing else";
    let destroyed = story.run(&["destroy", "-auto-approve"], why).await?;
    println!("     {}", summary(&destroyed));
    let left = Organization::of(url).await?;
    left.show();
    println!("Done. The configuration of this team is in examples/team.");
    println!("To play on with the team in place: cargo run --example quickstart -- --keep");
    Ok(())
}

/// What the steps have in common.
struct Story<'a> {
    cli: &'a Cli,
    project: &'a Project,
}

impl Story<'_> {
    /// Announces a command and why it matters, and runs it. It has to succeed.
    async fn run(&self, arguments: &[&str], why: &str) -> Result<Output, Trouble> {
        let program = self.cli.path().file_name().unwrap_or_default().to_string_lossy();
        let shown = format!("{program} {}", arguments.join(" "));
        println!("$ {shown:<33} # {why}");
        let output = self.cli.run(self.project.surroundings(), arguments).await?;
        if output.status.success() {
            return Ok(output);
        }
        let command = format!("{} {}", self.cli.path().display(), arguments.join(" "));
        Err(Trouble::Step { command, said: output.text() })
    }
}

/// The one line of Terraform's output that says it all; the last one, as an apply repeats its plan.
fn summary(output: &Output) -> &str {
    let tells = |line: &&str| {
        ["Plan: ", "Apply complete!", "Destroy complete!", "No changes."]
            .iter()
            .any(|start| line.starts_with(start))
    };
    output.stdout.lines().rev().find(tells).unwrap_or_default()
}
