//! Compares the cost of starting the provider with that of other providers:
//! `cargo bench --bench launch`.
//!
//! Terraform starts a provider two to four times in each command. The benchmark starts every peer
//! as Terraform does, with mutual TLS. The peers run alternately, so that changes in the load of
//! the machine affect all of them.
//!
//! - `ours`: the release build of this crate.
//! - `floor`: the smallest gRPC server with the same TLS (`benches/floor.rs`).
//! - `go`: a current provider in Go with 14 resources, from the Python package index.
//! - `lean`: the smallest provider that `HashiCorp` maintains, `time`, built from its Go module
//!   (`benches/lean`).
//! - Any provider that is passed as an argument: `-- --runs 40 --peer NAME=PATH`.

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
#[path = "support/peer.rs"]
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

use std::path::{Path, PathBuf};
use std::process::Command;

use certificates::Identity;
use peer::{Launch, Peer};
use table::{max, median};

/// Column title, and the figure of a start that the column shows.
type Column = (&'static str, fn(&Launch) -> f64);

const COLUMNS: [Column; 7] = [
    ("handshake ms", |it| it.handshake_ms),
    ("schema ms", |it| it.schema_ms),
    ("CPU ms", |it| it.cpu_ms),
    ("peak MB", |it| it.peak_mb),
    ("threads", |it| it.threads),
    ("warm schema ms", |it| it.warm_schema_ms),
    ("shutdown ms", |it| it.shutdown_ms),
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let runs = table::argument("--runs", 30_usize);
    let (ours, floor) = (release::provider(), release::example("floor"));
    let mut peers = vec![Peer::new("ours", &ours), Peer::new("floor", &floor)];
    peers.extend(go_provider().map(|binary| Peer::new("go", &binary)));
    peers.extend(lean_provider().map(|binary| Peer::new("lean", &binary)));
    peers.extend(peer::named());
    let identity = Identity::new();
    let mut launches = vec![Vec::new(); peers.len()];
    for run in 0..=runs {
        for (peer, launches) in peers.iter().zip(&mut launches) {
            let launch = peer.launch(&identity).await;
            if run > 0 {
                launches.push(launch); // The first start has cold caches.
            }
        }
    }
    print(&peers, &launches, runs);
}

fn print(peers: &[Peer], launches: &[Vec<Launch>], runs: usize) {
    println!(
        "\nMedians of {runs} starts of each, in turn, with mutual TLS; {}.\n",
        process::machine()
    );
    let mut head = vec!["provider"];
    head.extend(COLUMNS.iter().map(|(name, _)| *name));
    head.extend(["max schema ms", "binary MB", "schema bytes"]);
    let figures =
        |at: usize, column: &Column| -> Vec<f64> { launches[at].iter().map(column.1).collect() };
    let rows: Vec<Vec<String>> = (0..peers.len())
        .map(|at| {
            let mut row = vec![peers[at].name.clone()];
            row.extend(COLUMNS.iter().map(|it| format!("{:.2}", median(&figures(at, it)))));
            row.push(format!("{:.1}", max(&figures(at, &COLUMNS[1]))));
            row.push(format!("{:.2}", peers[at].binary_mb()));
            row.push(launches[at][0].schema_bytes.to_string());
            row
        })
        .collect();
    table::print(&head, &rows);

    println!("Ours to each, so many times:\n");
    let head = &head[..=COLUMNS.len()];
    let rows: Vec<Vec<String>> =
        (1..peers.len())
            .map(|at| {
                let mut row = vec![peers[at].name.clone()];
                row.extend(COLUMNS.iter().map(|it| {
                    format!("{:.2}", median(&figures(0, it)) / median(&figures(at, it)))
                }));
                row.push(format!("{:.2}", peers[0].binary_mb() / peers[at].binary_mb()));
                row
            })
            .collect();
    table::print(&[head, &["binary"]].concat(), &rows);
}

/// Returns a provider in Go, downloaded to `target/bench`. If this is not possible, prints the
/// reason and returns `None`.
fn go_provider() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = here.join("target/bench/terraform-provider-workato");
    let script = here.join("benches/fetch_go_provider.py");
    made(&binary, Command::new("python3").arg(script).arg(&binary))
}

/// Returns the smallest provider in Go, built in `target/bench` without symbols, as `HashiCorp`
/// releases it. If this is not possible, prints the reason and returns `None`.
fn lean_provider() -> Option<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let binary = here.join("target/bench/terraform-provider-time");
    let mut build = Command::new("go");
    build.args(["build", "-mod=readonly", "-trimpath", "-ldflags", "-s -w", "-o"]);
    build.arg(&binary).arg("github.com/hashicorp/terraform-provider-time");
    build.current_dir(here.join("benches/lean")).env("GOWORK", "off").env("CGO_ENABLED", "0");
    made(&binary, &mut build)
}

/// Returns the path of the program. If the program does not exist, runs the command that creates
/// it.
fn made(binary: &Path, command: &mut Command) -> Option<PathBuf> {
    if !binary.is_file() {
        match command.output() {
            Ok(done) if done.status.success() => {}
            Ok(done) => {
                let said = String::from_utf8_lossy(&done.stderr);
                println!("skipped: {}: {said}", binary.display());
                return None;
            }
            Err(error) => {
                let program = command.get_program().display();
                println!("skipped: {}, as `{program}` makes it: {error}", binary.display());
                return None;
            }
        }
    }
    Some(binary.to_owned())
}
