//! What is new is in the way of no older program.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::{OLDEST, on_clis, second};
use crate::harness::World;
use crate::hcl::{ADA, ADA_SEAT, USER, resource};
use crate::needs::{ACTIONS, EPHEMERAL, FUNCTIONS, IDENTITY, QUERIES};

on_clis! {
    each_series: [
        every_program_sees_all_resources_and_data_sources,
        every_program_sees_what_it_has_a_word_for,
    ],
    oldest_and_newest: [an_organization_can_be_managed_by_old_and_new_programs_in_turn],
}

/// The names under one key of the schemas.
fn names(cli: &Cli, schemas: &Value, kind: &str) -> Vec<String> {
    let all = schemas["provider_schemas"][cli.provider_address()][kind].as_object();
    all.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

async fn every_program_sees_all_resources_and_data_sources(cli: Cli) {
    let mut w = World::new(&cli).await;
    w.configure("");
    let schemas = w.json(&["providers", "schema", "-json"]).await;
    let resources = ["onboarding", "seat", "service_account", "token", "user"];
    assert_eq!(
        names(&cli, &schemas, "resource_schemas"),
        resources.map(|it| format!("anaconda_{it}"))
    );
    let data_sources = ["seats", "service_account", "service_accounts", "tokens", "user", "users"];
    let data_sources = data_sources.map(|it| format!("anaconda_{it}"));
    assert_eq!(names(&cli, &schemas, "data_source_schemas"), data_sources);
    w.destroy().await;
}

async fn every_program_sees_what_it_has_a_word_for(cli: Cli) {
    let mut w = World::new(&cli).await;
    w.configure("");
    let schemas = w.json(&["providers", "schema", "-json"]).await;
    for (kind, need, count) in [
        ("ephemeral_resource_schemas", EPHEMERAL, 1),
        ("functions", FUNCTIONS, 1),
        ("resource_identity_schemas", IDENTITY, 4),
        ("list_resource_schemas", QUERIES, 4),
        ("action_schemas", ACTIONS, 4),
    ] {
        let expected = if need.is_met_by(&cli) { count } else { 0 };
        assert_eq!(names(&cli, &schemas, kind).len(), expected, "{kind}");
    }
    w.destroy().await;
}

async fn an_organization_can_be_managed_by_old_and_new_programs_in_turn(cli: Cli) {
    let Some(old) = second(OLDEST).await else { return };
    let mut w = World::new(&old).await;
    w.apply(ADA).await;
    let id = w.text(USER, "id");
    w.switch_to(&cli).await;
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    w.sandbox().change_user(&id, json!({"first_name": "Augusta"})).await;
    w.switch_to(&old).await;
    let server = resource("user", "server", "first_name = \"Jupyter\"");
    w.apply(&[ADA, ADA_SEAT, &server].concat()).await;
    assert_eq!(w.text(USER, "id"), id);
    w.switch_to(&cli).await;
    w.assert_settled().await;
    w.destroy().await;
}
