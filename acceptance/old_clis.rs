//! What is new is in the way of no older program.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::{on_clis, terraform};
use crate::harness::World;
use crate::hcl::{ADA, ADA_SEAT, USER, resource};

on_clis! {
    every: [every_program_sees_all_resources_and_data_sources],
    modern: [],
    newest: [
        every_program_sees_what_it_has_a_word_for,
        an_organization_can_be_managed_by_old_and_new_programs_in_turn,
    ],
}

const ADDRESS: &str = "registry.terraform.io/anaconda-community/anaconda";

/// The names under one key of the schemas.
fn names(schemas: &Value, kind: &str) -> Vec<String> {
    let all = schemas["provider_schemas"][ADDRESS][kind].as_object();
    all.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

async fn every_program_sees_all_resources_and_data_sources(cli: Cli) {
    let mut w = World::new(&cli).await;
    w.configure("");
    let schemas = w.json(&["providers", "schema", "-json"]).await;
    let resources = ["onboarding", "seat", "service_account", "token", "user"];
    assert_eq!(names(&schemas, "resource_schemas"), resources.map(|it| format!("anaconda_{it}")));
    let data_sources = ["seats", "service_account", "service_accounts", "tokens", "user", "users"];
    let data_sources = data_sources.map(|it| format!("anaconda_{it}"));
    assert_eq!(names(&schemas, "data_source_schemas"), data_sources);
    w.destroy().await;
}

async fn every_program_sees_what_it_has_a_word_for(cli: Cli) {
    for series in ["1.0", "1.11", "1.15"] {
        let Some(program) = terraform(series).await else { continue };
        let program = if series == "1.15" { cli.clone() } else { program };
        let mut w = World::new(&program).await;
        w.configure("");
        let schemas = w.json(&["providers", "schema", "-json"]).await;
        let seen = |kind: &str| names(&schemas, kind).len();
        let counts = ["ephemeral_resource_schemas", "functions", "resource_identity_schemas"];
        let more = ["list_resource_schemas", "action_schemas"];
        let counts = (counts.map(seen), more.map(seen));
        let expected = match series {
            "1.0" => ([0, 0, 0], [0, 0]),
            "1.11" => ([1, 1, 0], [0, 0]),
            _ => ([1, 1, 4], [4, 4]),
        };
        assert_eq!(counts, expected, "Terraform {series}");
        w.destroy().await;
    }
}

async fn an_organization_can_be_managed_by_old_and_new_programs_in_turn(cli: Cli) {
    let Some(old) = terraform("1.11").await else { return };
    let mut w = World::new(&old).await;
    w.apply(ADA).await;
    let id = w.text(USER, "id");
    w.switch_to(&cli);
    w.apply(&[ADA, ADA_SEAT].concat()).await;
    w.sandbox().change_user(&id, json!({"first_name": "Augusta"})).await;
    w.switch_to(&old);
    let server = resource("user", "server", "first_name = \"Jupyter\"");
    w.apply(&[ADA, ADA_SEAT, &server].concat()).await;
    assert_eq!(w.text(USER, "id"), id);
    w.switch_to(&cli);
    w.assert_settled().await;
    w.destroy().await;
}
