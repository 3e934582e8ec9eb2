//! `examples/team` without changes. The quickstart uses it, so it must work on every Terraform.

use std::path::Path;

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, Options, TestEnv, list};

on_clis! {
    each_series: [team_is_created_reduced_and_destroyed],
    oldest_and_newest: [
        team_lifecycle_works_with_legacy_api,
        team_plans_no_changes_with_stale_lists,
        team_lifecycle_works_with_all_deviations,
    ],
}

fn team() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/team")
}

async fn team_is_created_reduced_and_destroyed(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.copy_configuration(&team());
    let plan = w.apply_present().await;
    assert!(plan.actions().values().all(|action| *action == Action::Create), "{}", plan.text());

    let users = w.sandbox().users().await;
    let members: Vec<_> = users.iter().filter(|user| user["role"] == "member").collect();
    assert_eq!(members.len(), 4);
    for member in members {
        assert_eq!(member["seat"], true, "{member}");
        let live = list(member, "tokens").iter().filter(|token| token["live"] == true).count();
        assert_eq!(live, 1, "{member}");
    }
    assert_eq!(w.output("jupyter_token").await, w.text("anaconda_token.jupyter", "token"));
    let shown = w.command(&["output"]).await;
    assert_eq!(shown.matches("<sensitive>").count(), 3, "{shown}");

    // Removing one line removes one user.
    let main = std::fs::read_to_string(team().join("main.tf")).unwrap();
    let without: Vec<_> = main.lines().filter(|line| !line.contains("edsger@")).collect();
    w.write("main.tf", &without.join("\n"));
    w.sandbox().clear_requests().await;
    let plan = w.apply_present().await;
    let deleted = plan.actions().into_values().filter(|action| *action == Action::Delete).count();
    assert_eq!(deleted, 3);
    let writes = w.sandbox().writes().await;
    let order = ["DELETE users/*/tokens/*", "DELETE users/*/seats", "DELETE users/*"];
    let at = order.map(|call| writes.iter().position(|write| write == call).unwrap());
    assert!(at.is_sorted(), "the token goes first and the user last: {writes:?}");
    assert!(w.sandbox().user("edsger@example.com").await.is_none());
    w.destroy().await;
}

async fn team_lifecycle_works_with_all_deviations(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { odd: "all".to_owned(), ..Options::default() }).await;
    w.copy_configuration(&team());
    let expire = json!({"from": 9, "fault": {"kind": "expire_bearers"}});
    w.sandbox().add_fault(expire).await;
    // `apply_present` also plans twice more, and both plans must be empty.
    w.apply_present().await;
    w.sandbox().until_fault_injected().await;
    w.destroy().await;
}

async fn team_lifecycle_works_with_legacy_api(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    w.copy_configuration(&team());
    w.apply_present().await;
    assert_eq!(w.sandbox().state().await["seats"]["used"], 4);
    w.destroy().await;
}

async fn team_plans_no_changes_with_stale_lists(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"listing_lag_seconds": 3})).await;
    w.copy_configuration(&team());
    // List responses can be stale during the plans after the apply. Both plans must be empty.
    w.apply_present().await;
    w.destroy().await;
}
