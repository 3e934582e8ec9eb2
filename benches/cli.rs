//! Compares complete Terraform commands with the same number of built-in resources:
//! `cargo bench --bench cli`.
//!
//! The configuration contains users, seats, and tokens in equal parts, with the usual references.
//! The benchmark compares it with two others. The first is the same graph of `terraform_data`,
//! which Terraform runs without a provider process. The second is the same configuration with a
//! provider that does no work (`echo.rs`). That floor is the cost of any provider in Terraform. All
//! of them run alternately, so the ratio to the floor is what this provider adds. The sandbox
//! responds immediately on the loopback interface. A real API adds its own response time.
//!
//! Arguments: `-- --runs 7 --largest 3000`. The benchmark runs the Terraform binary in
//! `TF_CLI_PATH`, or the one on the `PATH`.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program that prints figures, or fails"
)]

#[path = "../tests/wire/certificates.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "the tests need more of it")]
mod certificates;
#[path = "../tests/wire/connector.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "the tests need more of it")]
mod connector;
#[path = "support/organization.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod organization;
#[path = "support/peer.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod peer;
#[path = "support/process.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod process;
#[path = "support/raw.rs"]
mod raw;
#[path = "support/release.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod release;
#[path = "support/table.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod table;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use certificates::Identity;
use organization::{END, Member, Organization};
use peer::Peer;
use serde_json::{Value, json};
use tempfile::TempDir;

/// Name of the file with the schemas for the provider that does no work.
const SCHEMAS: &str = "schemas";

/// Name and arguments of each command, and whether a state exists before it runs.
const COMMANDS: [(&str, &[&str], bool); 5] = [
    ("providers schema", &["providers", "schema", "-json"], false),
    ("validate", &["validate"], false),
    ("plan from nothing", &["plan", "-lock=false"], false),
    ("plan, unchanged", &["plan", "-lock=false"], true),
    ("plan -refresh-only", &["plan", "-lock=false", "-refresh-only"], true),
];

/// Directory with one configuration.
struct Workspace {
    folder: TempDir,
    config: String,
    state: Value,
}

/// Duration and CPU time of a command, in milliseconds.
#[derive(Clone, Copy, Debug)]
struct Took {
    wall: f64,
    cpu: f64,
}

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let runs = table::argument("--runs", 7_usize);
    let largest = table::argument("--largest", 3000_usize);
    let provider = release::provider();
    let floor = floor(&provider).await;
    let mut rows = Vec::new();
    for count in [10, 100, 1000, largest] {
        let runs = if count < 1000 { runs } else { runs.div_ceil(3) };
        let (organization, members) = Organization::with(count - 2 * (count / 3)).await;
        let mut workspaces = [
            built_in(&members, count),
            of_provider(&organization, &members, count, floor.path()),
            of_provider(&organization, &members, count, provider.parent().unwrap()),
        ];
        for (name, arguments, with_state) in COMMANDS {
            // The schemas do not depend on the number of resources. The largest size is only for
            // the plans.
            let skipped = name == "providers schema" && count != 10;
            if skipped || count == largest && !with_state {
                continue;
            }
            organization.requests().await;
            let mut took = [const { Vec::new() }; 3];
            for _ in 0..runs {
                for (workspace, took) in workspaces.iter_mut().zip(&mut took) {
                    workspace.prepare(with_state);
                    let dir = workspace.folder.path().to_owned();
                    let schemas = floor.path().join(SCHEMAS);
                    let run = move || run(&dir, &schemas, arguments);
                    let (spent, text) = tokio::task::spawn_blocking(run).await.unwrap();
                    assert!(!with_state || text.contains("No changes."), "{name}: {text}");
                    took.push(spent);
                }
            }
            let requests = organization.requests().await / runs;
            let row = row(name, count, requests, &took);
            println!("{}", row.join("  "));
            rows.push(row);
        }
    }
    println!(
        "\nMedians of {runs} runs, a third as many from 1000 on, in turn; {}.\n",
        process::machine()
    );
    let head = [
        "command",
        "resources",
        "built in ms",
        "floor ms",
        "ours ms",
        "floor / built in",
        "ours / built in",
        "ours / floor",
        "CPU, ours / floor",
        "over floor us each",
        "requests",
    ];
    table::print(&head, &rows);
}

fn row(name: &str, count: usize, requests: usize, took: &[Vec<Took>; 3]) -> Vec<String> {
    let of = |what: fn(&Took) -> f64| {
        took.each_ref().map(|all| table::median(&all.iter().map(what).collect::<Vec<_>>()))
    };
    let [built_in, floor, ours] = of(|it| it.wall);
    let [_, floor_cpu, ours_cpu] = of(|it| it.cpu);
    let each = (ours - floor) * 1e3 / f64::from(u32::try_from(count).unwrap());
    let mut row = vec![name.to_owned(), count.to_string()];
    row.extend([built_in, floor, ours].map(|it| format!("{it:.0}")));
    let ratios = [floor / built_in, ours / built_in, ours / floor, ours_cpu / floor_cpu];
    row.extend(ratios.map(|it| format!("{it:.2}")));
    row.extend([format!("{each:.0}"), requests.to_string()]);
    row
}

/// Creates a directory with the provider that does no work, under the file name that Terraform
/// expects. The directory also contains the schemas that this provider returns.
async fn floor(provider: &Path) -> TempDir {
    let folder = TempDir::new().unwrap();
    let echo = release::example("echo");
    symlink(echo, folder.path().join(provider.file_name().unwrap())).unwrap();
    let (started, _) = Peer::new("ours", provider).start(&Identity::new()).await;
    fs::write(folder.path().join(SCHEMAS), started.schemas().await).unwrap();
    started.shutdown().await;
    folder
}

/// Returns a workspace with users, seats, and tokens of the organization. The provider is in
/// `folder`.
fn of_provider(
    organization: &Organization,
    members: &[Member],
    count: usize,
    folder: &Path,
) -> Workspace {
    let mut config = String::from(
        "terraform {\n  required_providers {\n    anaconda = {\n      \
         source = \"anaconda-community/anaconda\"\n    }\n  }\n}\n\nprovider \"anaconda\" {\n",
    );
    for (name, value) in organization.provider_block().as_object().unwrap() {
        writeln!(config, "  {name} = {value}").unwrap();
    }
    config.push_str("}\n");
    let mut resources = Vec::new();
    for (n, member) in members.iter().enumerate() {
        let blocks = [
            format!("  email = \"{}\"", member.email),
            format!("  user_id = anaconda_user.r{n}.id"),
            format!("  user_id = anaconda_seat.r{n}.user_id\n  expires_at = \"{END}\""),
        ];
        let needs = [
            vec![],
            vec![format!("anaconda_user.r{n}")],
            vec![format!("anaconda_seat.r{n}"), format!("anaconda_user.r{n}")],
        ];
        let wanted = if n < count / 3 { 3 } else { 1 };
        let parts = member.states().into_iter().zip(blocks).zip(needs).take(wanted);
        for (((kind, state), block), needs) in parts {
            write!(config, "\nresource \"{kind}\" \"r{n}\" {{\n{block}\n}}\n").unwrap();
            let provider = "provider[\"registry.terraform.io/anaconda-community/anaconda\"]";
            resources.push(stored(kind, n, provider, &state, &needs));
        }
    }
    let workspace = Workspace::new(config, &resources);
    let overrides = format!(
        "provider_installation {{\n  dev_overrides {{\n    \"anaconda-community/anaconda\" = \
         \"{}\"\n  }}\n  direct {{}}\n}}\n",
        folder.display()
    );
    fs::write(workspace.folder.path().join("cli.tfrc"), overrides).unwrap();
    workspace
}

/// Returns a workspace with the same graph of built-in resources.
fn built_in(members: &[Member], count: usize) -> Workspace {
    let mut config = String::new();
    let mut resources = Vec::new();
    for (n, member) in members.iter().enumerate() {
        let blocks = [
            ("u", format!("\"{}\"", member.email), &member.email, vec![]),
            (
                "s",
                format!("terraform_data.u{n}.id"),
                &member.id,
                vec![format!("terraform_data.u{n}")],
            ),
            (
                "t",
                format!("terraform_data.s{n}.input"),
                &member.id,
                vec![format!("terraform_data.s{n}"), format!("terraform_data.u{n}")],
            ),
        ];
        let wanted = if n < count / 3 { 3 } else { 1 };
        for (kind, input, value, needs) in blocks.into_iter().take(wanted) {
            write!(
                config,
                "\nresource \"terraform_data\" \"{kind}{n}\" {{\n  input = {input}\n}}\n"
            )
            .unwrap();
            let text = json!({"value": value, "type": "string"});
            let id = if kind == "u" { &member.id } else { &member.token };
            let state = json!({"id": id, "input": text, "output": text, "triggers_replace": null});
            let provider = "provider[\"terraform.io/builtin/terraform\"]";
            let mut stored = stored("terraform_data", n, provider, &state, &needs);
            stored["name"] = format!("{kind}{n}").into();
            resources.push(stored);
        }
    }
    let workspace = Workspace::new(config, &resources);
    fs::write(workspace.folder.path().join("cli.tfrc"), "").unwrap();
    workspace
}

fn stored(kind: &str, n: usize, provider: &str, state: &Value, needs: &[String]) -> Value {
    let hidden = json!([[{"type": "get_attr", "value": "token"}]]);
    let hidden = if state.get("token").is_some() { hidden } else { json!([]) };
    json!({
        "mode": "managed", "type": kind, "name": format!("r{n}"), "provider": provider,
        "instances": [{
            "schema_version": 0, "attributes": state, "sensitive_attributes": hidden,
            "dependencies": needs,
        }],
    })
}

impl Workspace {
    fn new(config: String, resources: &[Value]) -> Self {
        let state = json!({
            "version": 4, "terraform_version": "1.11.4", "serial": 1,
            "lineage": "5d2c6c7e-0000-4000-8000-000000000001", "outputs": {},
            "resources": resources, "check_results": null,
        });
        Self { folder: TempDir::new().unwrap(), config, state }
    }

    fn prepare(&mut self, with_state: bool) {
        let file = |name: &str| self.folder.path().join(name);
        fs::write(file("main.tf"), &self.config).unwrap();
        if with_state {
            fs::write(file("terraform.tfstate"), self.state.to_string()).unwrap();
        } else {
            drop(fs::remove_file(file("terraform.tfstate")));
        }
    }
}

/// Runs a command. Returns its measurements and its output.
fn run(dir: &Path, schemas: &Path, arguments: &[&str]) -> (Took, String) {
    let terraform = std::env::var_os("TF_CLI_PATH").unwrap_or_else(|| "terraform".into());
    let mut command = Command::new(terraform);
    command
        .args(arguments)
        .current_dir(dir)
        .env("TF_CLI_CONFIG_FILE", dir.join("cli.tfrc"))
        .env("ECHO_SCHEMAS", schemas)
        .env("TF_IN_AUTOMATION", "1")
        .env("TF_INPUT", "0")
        .env("CHECKPOINT_DISABLE", "1")
        .env("NO_PROXY", "127.0.0.1");
    let (cpu, begin) = (process::children_cpu_ms(), Instant::now());
    let done = command.output().unwrap();
    let wall = begin.elapsed().as_secs_f64() * 1e3;
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {}\n{text}{said}", done.status);
    (Took { wall, cpu: process::children_cpu_ms() - cpu }, text)
}
