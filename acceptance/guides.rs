//! The examples of the guides behave as the guides say, with the commands that the guides show.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};

on_clis! {
    each_series: [ci_guide_workflow_runs_and_detects_drift],
    oldest_and_newest: [
        getting_started_guide_issues_token,
        csv_guide_manages_one_user_per_line,
        ci_guide_configures_offboarding_limit needs [DESTROY_PLANS],
        secrets_guide_keeps_hidden_tokens_out_of_state,
        renewal_keeps_token_value_and_rotation_changes_it,
        testing_guide_module_passes_its_tests needs [MOCKS],
        debugging_guide_log_shows_api_requests,
        terraform_attaches_to_provider_in_debug_mode,
        code_blocks_on_pages_are_well_formed,
    ],
}

const ADA: &str = "anaconda_token.ada";
const SERVER: &str = "anaconda_token.server";

fn example(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples").join(name)
}

fn read(file: &str) -> String {
    fs::read_to_string(example(file)).unwrap()
}

/// Returns a test environment with the configuration of an example.
async fn world(cli: &Cli, name: &str) -> TestEnv {
    let w = TestEnv::new(cli).await;
    w.copy_configuration(&example(name));
    w
}

async fn getting_started_guide_issues_token(cli: Cli) {
    let mut w = world(&cli, "getting-started").await;
    assert_eq!(w.apply_present().await.actions().len(), 3);
    assert_eq!(w.output("ada_token").await, w.text(ADA, "token"));
    w.destroy().await;
}

async fn csv_guide_manages_one_user_per_line(cli: Cli) {
    let mut w = world(&cli, "people-from-a-file").await;
    assert_eq!(w.apply_present().await.actions().len(), 8);
    let csv = read("people-from-a-file/people.csv");
    let without: Vec<_> = csv.lines().filter(|line| !line.starts_with("grace@")).collect();
    // The last user gets a token, and the spelling of the email address changes to uppercase `E`.
    let other = format!("{}2035-12-31T00:00:00Z\n", without.join("\n"));
    w.write("people.csv", &other.replace("edsger@", "Edsger@"));
    let plan = w.apply_present().await;
    let of = |action| plan.actions().into_values().filter(|it| *it == action).count();
    assert_eq!((of(Action::Delete), of(Action::Create)), (3, 1), "{}", plan.text());
    assert!(w.sandbox().user("grace@example.com").await.is_none());

    // The same users in YAML cause no change.
    let people = csv_as_yaml(&other.replace("edsger@", "Edsger@"));
    w.write("people.yaml", &people);
    let main = read("people-from-a-file/main.tf");
    w.write(
        "main.tf",
        &main.replace("csvdecode(file(\"people.csv\"))", "yamldecode(file(\"people.yaml\"))"),
    );
    let plan = w.plan_with(&[]).await;
    assert!(plan.actions().values().all(|it| *it == Action::NoOp), "{}", plan.text());
    w.destroy().await;
}

fn csv_as_yaml(csv: &str) -> String {
    let mut lines = csv.lines();
    let names: Vec<_> = lines.next().unwrap().split(',').collect();
    let rows = lines.map(|line| {
        let fields =
            names.iter().zip(line.split(',')).map(|(name, it)| format!("  {name}: {it}\n"));
        format!("-{}", &fields.collect::<String>()[1..])
    });
    rows.collect()
}

async fn ci_guide_workflow_runs_and_detects_drift(cli: Cli) {
    let mut w = world(&cli, "ci").await;
    w.remove("terraform.yml");
    let workflow = read("ci/terraform.yml");
    let commands: Vec<Vec<_>> = workflow
        .lines()
        .filter_map(|line| line.trim_start().strip_prefix("- run: terraform "))
        .map(|command| command.split(' ').collect())
        .filter(|command: &Vec<_>| command[0] != "init") // A local build needs no `init`.
        .collect();
    let names: Vec<_> = commands.iter().map(|command| command[0]).collect();
    assert_eq!(names, ["fmt", "validate", "plan", "apply", "plan"]);
    for command in &commands {
        w.command(command).await;
    }
    let ada = w.sandbox().user("ada@example.com").await.unwrap();
    assert_eq!(ada["seat"], true);

    w.sandbox().remove_user(ada["id"].as_str().unwrap()).await;
    w.advance_one_hour();
    let said = w.command_err(&commands[4]).await;
    assert!(said.contains("2 to add"), "{said}");
    w.destroy().await;
}

async fn ci_guide_configures_offboarding_limit(cli: Cli) {
    let guide = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guides/ci.md");
    let guide = fs::read_to_string(guide).unwrap();
    let limit = guide.split_once("export ANACONDA_OFFBOARDING_LIMIT=").unwrap().1;
    let limit: usize = limit.split_once('\n').unwrap().0.parse().unwrap();
    let mut w = world(&cli, "people-from-a-file").await;
    w.apply_present().await;
    w.set_env("ANACONDA_OFFBOARDING_LIMIT", &limit.to_string());
    let csv = read("people-from-a-file/people.csv");
    w.write("people.csv", &format!("{}\n", csv.lines().next().unwrap()));
    let people = csv.lines().count() - 1;
    if people > limit {
        let said = w.command_err(&["plan"]).await;
        assert!(said.contains("Offboarding limit exceeded"), "{said}");
    }
    w.set_env("ANACONDA_OFFBOARDING_LIMIT", &(people - 1).to_string());
    let said = w.command_err(&["plan"]).await;
    assert!(said.contains(&format!("more than {} people", people - 1)), "{said}");
    w.unset_env("ANACONDA_OFFBOARDING_LIMIT");
    w.destroy().await;
}

async fn secrets_guide_keeps_hidden_tokens_out_of_state(cli: Cli) {
    let mut w = world(&cli, "secrets").await;
    w.apply_present().await;
    let state = w.read("terraform.tfstate");
    let secrets = w.sandbox().secrets().await;
    let stored: Vec<_> = secrets.iter().filter(|secret| state.contains(secret.as_str())).collect();
    assert_eq!(stored, [&w.text(SERVER, "token")], "the server's token alone");
    assert_eq!(w.state(ADA)["token"], Value::Null);
    let mailed = w.sandbox().bodies("POST users/*/token").await;
    let mailed = mailed.iter().filter(|body| body["send_token_email"] == true).count();
    assert_eq!(mailed, 1);
    w.destroy().await;
}

async fn renewal_keeps_token_value_and_rotation_changes_it(cli: Cli) {
    let mut w = world(&cli, "token-rotation").await;
    w.apply_present().await;
    let before: BTreeMap<_, _> = [ADA, SERVER].map(|it| (it, w.text(it, "token"))).into();
    w.sandbox().clear_requests().await;
    w.command(&["apply", "-auto-approve", "-var", "subscription=2027"]).await;
    assert_eq!(w.sandbox().writes().await, ["PATCH users/*/token"]);

    w.sandbox().clear_requests().await;
    w.command(&["apply", "-auto-approve", "-var", "subscription=2027", "-var", "rotation=2"]).await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/tokens/*", "POST users/*/token"]);
    w.reload_state().await;
    assert_eq!(w.text(ADA, "token"), before[ADA]);
    assert_ne!(w.text(SERVER, "token"), before[SERVER]);
    w.destroy().await;
}

async fn testing_guide_module_passes_its_tests(cli: Cli) {
    let mut w = world(&cli, "testing-modules").await;
    for test in ["tests/sandbox.tftest.hcl", "tests/mock.tftest.hcl"] {
        w.write(test, &read(&format!("testing-modules/{test}")));
    }
    let said = w.command(&["test"]).await;
    assert!(said.contains("3 passed, 0 failed"), "{said}");
    w.set_env("TF_VAR_project", "Weather");
    w.destroy().await;
}

async fn debugging_guide_log_shows_api_requests(cli: Cli) {
    let mut w = world(&cli, "getting-started").await;
    w.set_env("TF_LOG_PROVIDER", "DEBUG");
    w.apply_present().await;
    let logs = w.log("apply");
    assert!(logs.contains("[DEBUG] provider.terraform-provider-anaconda"), "{logs}");
    assert!(logs.contains("/users"), "{logs}");
    let mut ours =
        logs.lines().filter(|line| line.contains("provider.terraform-provider-anaconda"));
    assert!(!ours.any(|line| line.contains("ada@example.com")), "{logs}");

    w.set_env("TF_LOG_PROVIDER", "WARN");
    w.plan_with(&[]).await;
    let logs = w.log("plan");
    assert!(!logs.contains("[DEBUG] provider.terraform-provider-anaconda"), "{logs}");
    w.destroy().await;
}

async fn terraform_attaches_to_provider_in_debug_mode(cli: Cli) {
    let mut w = world(&cli, "getting-started").await;
    let mut started = Command::new(env!("CARGO_BIN_EXE_terraform-provider-anaconda"))
        .arg("--debug")
        .envs(w.environment().iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(started.stdout.take().unwrap()).lines();
    let value = loop {
        let line = lines.next_line().await.unwrap().unwrap();
        if let Some((_, value)) = line.split_once("TF_REATTACH_PROVIDERS='") {
            break value.trim_end_matches('\'').to_owned();
        }
    };
    w.set_env("TF_REATTACH_PROVIDERS", &value);
    // Only the provider in debug mode has the settings of the organization.
    for (name, _) in w.environment().to_vec() {
        if name.starts_with("ANACONDA_") {
            w.unset_env(&name);
        }
    }
    w.apply_present().await;
    assert!(w.sandbox().user("ada@example.com").await.is_some());
    w.destroy().await;
    started.kill().await.unwrap();
}

async fn code_blocks_on_pages_are_well_formed(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let guides = fs::read_dir(root.join("docs/guides")).unwrap().map(|entry| entry.unwrap().path());
    let pages: Vec<_> =
        guides.chain([root.join("README.md"), root.join("docs/index.md")]).collect();
    let mut count = 0;
    for page in &pages {
        for block in terraform_blocks(&fs::read_to_string(page).unwrap()) {
            count += 1;
            w.write("block.tf", &block);
            let said = w.command(&["fmt", "-check", "-diff", "block.tf"]).await;
            assert_eq!(said, "", "{}", page.display());
        }
    }
    assert!(count > 15, "{count}");
    w.remove("block.tf");
    w.configure("");
    w.destroy().await;
}

/// Returns the Terraform code blocks of a page, each as a file. Skips blocks that are shortened
/// with `# ...`.
fn terraform_blocks(page: &str) -> Vec<String> {
    let blocks = page.split("```terraform\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    let complete = blocks.filter(|block| !block.contains("# ..."));
    complete
        .map(|block| {
            let indent = block.len() - block.trim_start_matches(' ').len();
            let lines = block.trim_end().lines();
            let lines: Vec<_> = lines.map(|line| line.get(indent..).unwrap_or_default()).collect();
            format!("{}\n", lines.join("\n"))
        })
        .collect()
}
