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

    story.tell(
        "init",
        "Terraform installs the provider from a local directory; no registry is asked.",
    );
    story.run(&["init"]).await?;
    Organization::of(url).await?.show();

    story.tell("plan", "It shows what would happen. Nothing happens yet.");
    let planned = story.run(&["plan", "-out=team.plan"]).await?;
    println!("     {}\n", summary(&planned));

    story.tell(
        "apply",
        "Everybody gets an account, a seat and a token, in that order and side by side.",
    );
    let applied = story.run(&["apply", "team.plan"]).await?;
    println!("     {}", summary(&applied));
    Organization::of(url).await?.show();

    story.tell("output", "Tokens and secrets are there for programs, and hidden from the screen.");
    let outputs = story.run(&["output"]).await?;
    for line in outputs.stdout.lines().filter(|line| line.contains("<sensitive>")) {
        println!("     {line}");
    }
    println!();

    story.tell("plan", "Asked again, it finds nothing to do: what is written is what there is.");
    let planned = story.run(&["plan", "-detailed-exitcode"]).await?;
    println!("     {}\n", summary(&planned));

    println!("  {LEAVER} leaves: one line less in main.tf.");
    project.remove_line(LEAVER)?;
    story.tell("apply", "The token is revoked, then the seat is freed, then the user removed.");
    let applied = story.run(&["apply", "-auto-approve"]).await?;
    println!("     {}", summary(&applied));
    Organization::of(url).await?.show();

    if keep {
        return Ok(());
    }
    story.tell("destroy", "All that Terraform made goes away again, and nothing else.");
    let destroyed = story.run(&["destroy", "-auto-approve"]).await?;
    println!("     {}", summary(&destroyed));
    let left = Organization::of(url).await?;
    left.show();
    println!("Done: {} user is left, the admin. Have a look at examples/team.", left.people());
    println!("To play on with the team in place: cargo run --example quickstart -- --keep");
    Ok(())
}

/// What the steps have in common.
struct Story<'a> {
    cli: &'a Cli,
    project: &'a Project,
}

impl Story<'_> {
    /// Announces a step: the command, and why it matters.
    fn tell(&self, command: &str, why: &str) {
        let program = self.cli.path().file_name().unwrap_or_default().to_string_lossy();
        println!("$ {program} {command:<8} {why}");
    }

    /// Runs a command that has to succeed. With `-detailed-exitcode` a plan that holds changes
    /// does not.
    async fn run(&self, arguments: &[&str]) -> Result<Output, Trouble> {
        let output = self.cli.run(self.project.surroundings(), arguments).await?;
        if output.status.success() {
            return Ok(output);
        }
        let command = format!("{} {}", self.cli.path().display(), arguments.join(" "));
        Err(Trouble::Step { command, said: output.text() })
    }
}

/// The one line of Terraform's output that says it all.
fn summary(output: &Output) -> &str {
    let tells = |line: &&str| {
        ["Plan: ", "Apply complete!", "Destroy complete!", "No changes."]
            .iter()
            .any(|start| line.starts_with(start))
    };
    output.stdout.lines().find(tells).unwrap_or_default()
}
