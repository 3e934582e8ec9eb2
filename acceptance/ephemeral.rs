//! `anaconda_access_token`: an access token for one run, which no plan and no state contains.

use std::io::Write as _;
use std::process::Command;

use tempfile::TempDir;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::TestEnv;
use crate::hcl::{provider, resource};

on_clis! {
    each_series: [ephemeral_access_token_configures_other_provider_unstored needs [EPHEMERAL]],
    oldest_and_newest: [
        ephemeral_access_token_reaches_provisioner_unstored needs [EPHEMERAL],
        opening_ephemeral_access_token_makes_no_changes needs [EPHEMERAL],
        ephemeral_access_token_names_missing_credentials needs [EPHEMERAL],
        ephemeral_grant_accepts_two_values needs [EPHEMERAL],
    ],
}

/// Returns an ephemeral access token of this grant.
fn bearer(grant: &str) -> String {
    format!("ephemeral \"anaconda_access_token\" \"it\" {{\n  grant = \"{grant}\"\n}}\n")
}

/// Returns a configuration in which a second provider adds Ada with the ephemeral access token.
fn by_bearer() -> String {
    let signed_in =
        "alias = \"by_bearer\"\naccess_token = ephemeral.anaconda_access_token.it.access_token";
    let ada = "provider = anaconda.by_bearer\nemail = \"ada@example.com\"";
    [bearer("service_account"), provider(""), provider(signed_in), resource("user", "ada", ada)]
        .concat()
}

/// Returns the concatenated files of a plan file, which is a ZIP archive.
fn unzipped(plan: &[u8]) -> String {
    let dir = TempDir::new().unwrap();
    let archive = dir.path().join("plan.zip");
    std::fs::File::create(&archive).unwrap().write_all(plan).unwrap();
    let script = "import sys, zipfile\n\
                  with zipfile.ZipFile(sys.argv[1]) as z:\n    \
                  [sys.stdout.buffer.write(z.read(name)) for name in z.namelist()]";
    let read = Command::new("python3").args(["-c", script]).arg(&archive).output().unwrap();
    assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
    String::from_utf8_lossy(&read.stdout).into_owned()
}

/// Checks that plan and state contain no secret. The marker proves that the test has read both.
async fn assert_written_nowhere(w: &TestEnv, marker: &str) {
    let plan = unzipped(&w.bytes("plan.bin"));
    assert!(plan.contains(marker), "the plan was not read");
    let state = w.read("terraform.tfstate");
    assert!(state.contains(marker), "the state was not read");
    let secrets = w.sandbox().secrets().await;
    assert!(secrets.len() > 1, "no bearer was made");
    for secret in secrets {
        assert!(!plan.contains(&secret), "a secret is in the plan");
        assert!(!state.contains(&secret), "a secret is in the state");
    }
}

async fn ephemeral_access_token_configures_other_provider_unstored(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_now("2030-01-01T00:00:00Z").await;
    w.configure(&by_bearer());
    w.plan_with(&[]).await;
    // The access token of the plan has expired, so the apply requests a new one.
    w.set_now("2030-01-01T01:00:00Z").await;
    w.command(&["apply", "plan.bin"]).await;
    w.reload_state().await;
    assert!(w.sandbox().user("ada@example.com").await.is_some());
    assert_written_nowhere(&w, "ada@example.com").await;
    w.assert_settled().await;
    w.destroy().await;
}

async fn ephemeral_access_token_reaches_provisioner_unstored(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let script = r#"
resource "terraform_data" "script" {
  input = "a marker"

  provisioner "local-exec" {
    command = "printf '%s' \"$BEARER $KIND $END\" > received.txt"
    environment = {
      BEARER = ephemeral.anaconda_access_token.it.access_token
      KIND   = ephemeral.anaconda_access_token.it.token_type
      END    = ephemeral.anaconda_access_token.it.expires_at
    }
  }
}
"#;
    w.set_now("2030-01-01T00:00:00Z").await;
    w.apply(&[&bearer("admin"), script].concat()).await;
    let received = w.read("received.txt");
    let [token, kind, end] = received.split(' ').collect::<Vec<_>>()[..] else {
        panic!("three words were to be received");
    };
    assert!(w.sandbox().secrets().await.iter().any(|secret| secret == token), "an old bearer");
    assert_eq!(kind, "Bearer");
    assert_eq!(end, "2030-01-01T00:15:00Z");
    assert_written_nowhere(&w, "a marker").await;
    w.destroy().await;
}

async fn opening_ephemeral_access_token_makes_no_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let before = w.sandbox().state().await;
    w.apply(&[bearer("admin"), bearer("service_account").replace("\"it\"", "\"other\"")].concat())
        .await;
    assert!(w.sandbox().calls().await.is_empty(), "all that was asked for is a bearer");
    assert!(!w.sandbox().requests().await.is_empty(), "no bearer was asked for");
    assert_eq!(w.sandbox().state().await, before);
    w.destroy().await;
}

async fn ephemeral_access_token_names_missing_credentials(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.unset_env("ANACONDA_ADMIN_USERNAME");
    w.unset_env("ANACONDA_ADMIN_PASSWORD");
    let refusal = w.plan_err(&bearer("admin")).await;
    for name in ["admin_username", "ANACONDA_ADMIN_PASSWORD"] {
        assert!(refusal.contains(name), "{name} is not in: {refusal}");
    }
    w.apply(&bearer("service_account")).await;
    w.destroy().await;
}

async fn ephemeral_grant_accepts_two_values(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let refusal = w.plan_err(&bearer("password")).await;
    assert!(refusal.contains("`service_account` or `admin`"), "{refusal}");
    assert!(w.sandbox().requests().await.is_empty());
    w.destroy().await;
}
