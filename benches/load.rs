//! Measures a large organization behind an API with a rate limit: `cargo bench --bench load`.
//!
//! Terraform creates users with seats and tokens, plans again, and destroys everything, with 50
//! concurrent resource operations. The sandbox returns 429 above a rate. Terraform and the provider
//! must not lose an object. The table shows the number of 429 responses, which is the cost of the
//! rate limit. This program stores the state, as a remote backend does: see `support/state.rs`.
//!
//! Arguments: `-- --people 2000 --rate 400 --parallelism 50`. With `--built-in`, the benchmark uses
//! the same number of `terraform_data` resources with the same references instead. The result is
//! then the time that Terraform itself needs. The benchmark runs the Terraform binary in
//! `TF_CLI_PATH`, or the one on the `PATH`.

#![expect(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a program that prints figures, or fails"
)]

#[path = "support/organization.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod organization;
#[path = "support/process.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod process;
#[path = "support/release.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod release;
#[path = "support/state.rs"]
mod state;
#[path = "support/table.rs"]
#[allow(dead_code, clippy::allow_attributes, reason = "other programs need more of it")]
mod table;

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use organization::{END, Organization};
use serde_json::{Value, json};
use tempfile::TempDir;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let people = table::argument("--people", 2000_usize);
    let rate = table::argument("--rate", 400_u32);
    let parallelism = table::argument("--parallelism", 50_u32);
    let built_in = std::env::args().any(|argument| argument == "--built-in");
    let organization = Organization::for_seats(people).await;
    let settings = json!({"requests_per_second": rate});
    organization.call("PATCH", "settings", settings).await;

    let folder = TempDir::new().unwrap();
    let backend = format!("backend \"http\" {{\n    address = \"{}\"\n  }}", state::serve().await);
    if built_in {
        write_built_in(folder.path(), people, &backend);
    } else {
        install(folder.path(), &release::provider());
        write_config(folder.path(), &organization, people, &backend);
    }
    let dir = folder.path().to_owned();
    tokio::task::spawn_blocking(move || run(&dir, &["init", "-no-color"])).await.unwrap();
    let parallel = format!("-parallelism={parallelism}");
    let mut rows = Vec::new();
    for (name, arguments, left) in [
        ("apply", ["apply", "-auto-approve"], people),
        ("plan, unchanged", ["plan", "-detailed-exitcode"], people),
        ("destroy", ["destroy", "-auto-approve"], 0),
    ] {
        organization.call("DELETE", "requests", Value::Null).await;
        let (dir, parallel) = (folder.path().to_owned(), parallel.clone());
        let begin = Instant::now();
        let run = move || run(&dir, &[&arguments[..], &[&parallel, "-no-color"]].concat());
        tokio::task::spawn_blocking(run).await.unwrap();
        let seconds = begin.elapsed().as_secs_f64();
        let held = organization.held().await;
        let left = if built_in { 0 } else { left };
        assert_eq!(held, [left; 3], "users, seats and live tokens after {name}");
        let requests = organization.call("GET", "requests", Value::Null).await;
        let requests = requests.as_array().unwrap();
        let refused = requests.iter().filter(|request| request["status"] == 429).count();
        let row = vec![
            name.to_owned(),
            format!("{seconds:.0}"),
            requests.len().to_string(),
            refused.to_string(),
            format!("{} %", 100 * refused / requests.len().max(1)),
        ];
        println!("{}", row.join("  "));
        rows.push(row);
    }
    println!(
        "\n{} {}resources, {parallelism} at once, at most {rate} requests a second; {}.\n",
        3 * people,
        if built_in { "built-in " } else { "" },
        process::machine()
    );
    table::print(&["command", "s", "requests", "of them 429", "wasted"], &rows);
}

fn write_config(dir: &Path, organization: &Organization, people: usize, backend: &str) {
    let mut config = format!(
        "terraform {{\n  {backend}\n  required_providers {{\n    anaconda = {{\n      \
         source = \"anaconda-community/anaconda\"\n    }}\n  }}\n}}\n\nprovider \"anaconda\" {{\n",
    );
    for (name, value) in organization.provider_block().as_object().unwrap() {
        writeln!(config, "  {name} = {value}").unwrap();
    }
    config.push_str("}\n");
    for n in 0..people {
        write!(
            config,
            "\nresource \"anaconda_user\" \"r{n}\" {{\n  email = \"user{n}@example.com\"\n}}\n\
             resource \"anaconda_seat\" \"r{n}\" {{\n  user_id = anaconda_user.r{n}.id\n}}\n\
             resource \"anaconda_token\" \"r{n}\" {{\n  user_id = anaconda_seat.r{n}.user_id\n  \
             expires_at = \"{END}\"\n}}\n"
        )
        .unwrap();
    }
    fs::write(dir.join("main.tf"), config).unwrap();
}

/// Creates a filesystem mirror with the provider for `terraform init`. A backend requires that
/// command, and `terraform init` ignores development overrides.
fn install(dir: &Path, provider: &Path) {
    let os = if cfg!(target_os = "macos") { "darwin" } else { std::env::consts::OS };
    let architecture = if cfg!(target_arch = "aarch64") { "arm64" } else { "amd64" };
    let version = env!("CARGO_PKG_VERSION");
    let package = dir.join(format!(
        "mirror/registry.terraform.io/anaconda-community/anaconda/{version}/{os}_{architecture}"
    ));
    fs::create_dir_all(&package).unwrap();
    let name = format!("terraform-provider-anaconda_v{version}");
    fs::copy(provider, package.join(name)).unwrap();
    let config = format!(
        "provider_installation {{\n  filesystem_mirror {{\n    path = \"{}\"\n  }}\n}}\n",
        dir.join("mirror").display()
    );
    fs::write(dir.join("cli.tfrc"), config).unwrap();
}

/// Writes the same graph of built-in resources.
fn write_built_in(dir: &Path, people: usize, backend: &str) {
    let mut config = format!("terraform {{\n  {backend}\n}}\n\n");
    for n in 0..people {
        for (kind, input) in [
            ("u", format!("\"user{n}@example.com\"")),
            ("s", format!("terraform_data.u{n}.id")),
            ("t", format!("terraform_data.s{n}.input")),
        ] {
            let head = format!("resource \"terraform_data\" \"{kind}{n}\"");
            write!(config, "{head} {{\n  input = {input}\n}}\n\n").unwrap();
        }
    }
    fs::write(dir.join("main.tf"), config).unwrap();
    fs::write(dir.join("cli.tfrc"), "").unwrap();
}

/// Runs a Terraform command, which must succeed.
fn run(dir: &Path, arguments: &[&str]) {
    let terraform = std::env::var_os("TF_CLI_PATH").unwrap_or_else(|| "terraform".into());
    let mut command = Command::new(terraform);
    command
        .args(arguments)
        .current_dir(dir)
        .env("TF_CLI_CONFIG_FILE", dir.join("cli.tfrc"))
        .env("TF_IN_AUTOMATION", "1")
        .env("TF_INPUT", "0")
        .env("CHECKPOINT_DISABLE", "1")
        .env("NO_PROXY", "127.0.0.1");
    let done = command.output().unwrap();
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{arguments:?}: {}\n{said}", done.status);
}
