//! Configuration that Terraform generates for imported objects: `plan -generate-config-out`.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};

on_clis! {
    each_series: [
        generated_configuration_plans_without_changes needs [GENERATED_CONFIGURATION],
        generated_configuration_omits_default_values needs [SHORT_GENERATED_CONFIGURATION],
    ],
    oldest_and_newest: [],
}

const GENERATE: &str = "-generate-config-out=generated.tf";

/// Adds objects out of band and returns the import blocks for them.
async fn created_out_of_band(w: &TestEnv) -> String {
    let ada = w.add_people(&["ada@example.com"]).await.remove(0);
    let server = json!({"email": null, "first_name": "Jupyter", "last_name": "Server"});
    let server = w.sandbox().add_user(server).await;
    let ci = w.sandbox().add_service_account("ci").await;
    let imports = [
        ("anaconda_user.ada", ada.as_str()),
        ("anaconda_user.server", &server),
        ("anaconda_seat.ada", &ada),
        ("anaconda_token.ada", &ada),
        ("anaconda_service_account.ci", &ci),
    ];
    let block = |(to, id)| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n");
    imports.map(block).concat()
}

async fn generated_configuration_plans_without_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&created_out_of_band(&w).await);
    let plan = w.plan_with(&[GENERATE]).await;
    assert_eq!(plan.actions().len(), 5);
    w.command(&["validate"]).await;
    let plan = w.apply_present().await;
    for (address, action) in plan.actions() {
        assert_eq!(action, Action::NoOp, "{address}:\n{}", plan.text());
        assert!(plan.imports(&address), "{address}");
    }
    w.assert_nothing_written().await;
    w.destroy().await;
}

async fn generated_configuration_omits_default_values(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&created_out_of_band(&w).await);
    w.plan_with(&[GENERATE]).await;
    let generated = w.read("generated.tf");
    // Terraform also writes arguments that are null. The user can delete them without a change.
    let said = generated.lines().filter(|line| line.starts_with("  ") && !line.ends_with("null"));
    let said = said.filter_map(|line| line.split_whitespace().next()).collect::<Vec<_>>();
    let expected = ["name", "user_id", "expires_at", "user_id", "email", "first_name", "last_name"];
    let (mut said, mut expected) = (said, expected.to_vec());
    said.sort_unstable();
    expected.sort_unstable();
    assert_eq!(said, expected, "{generated}");
    w.apply_present().await;
    w.destroy().await;
}
