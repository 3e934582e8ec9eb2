//! New features do not affect older programs.

use serde_json::{Value, json};
use terraform_provider_anaconda::provider::provider;
use terraform_provider_anaconda::tf_provider::catalog::Kind;

use crate::cli::Cli;
use crate::clis::{OLDEST, on_clis, second};
use crate::harness::TestEnv;
use crate::hcl::{ADA, ADA_SEAT, USER, resource};
use crate::needs::{ACTIONS, EPHEMERAL, FUNCTIONS, IDENTITY, QUERIES};

on_clis! {
    each_series: [
        every_program_lists_all_resources_and_data_sources,
        every_program_lists_types_it_supports,
    ],
    oldest_and_newest: [old_and_new_programs_share_one_state],
}

/// Returns the names under one key of the schemas.
fn names(cli: &Cli, schemas: &Value, kind: &str) -> Vec<String> {
    let all = schemas["provider_schemas"][cli.provider_address()][kind].as_object();
    all.map(|all| all.keys().cloned().collect()).unwrap_or_default()
}

/// Returns the names of one kind that the provider registers.
fn provided(kind: Kind) -> Vec<String> {
    let provider = provider();
    if kind == Kind::Function {
        return provider.functions().iter().map(|it| it.name.to_owned()).collect();
    }
    let catalog = provider.catalog();
    catalog.iter().filter(|it| it.kind == kind).map(|it| it.name.to_owned()).collect()
}

/// Returns the resources that have an identity.
fn with_identity() -> Vec<String> {
    let provider = provider();
    let catalog = provider.catalog();
    catalog.iter().filter(|it| !it.identity.is_empty()).map(|it| it.name.to_owned()).collect()
}

async fn every_program_lists_all_resources_and_data_sources(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure("");
    let schemas = w.json(&["providers", "schema", "-json"]).await;
    let resources = provided(Kind::Resource);
    assert!(resources.len() >= 5, "{resources:?}");
    assert_eq!(names(&cli, &schemas, "resource_schemas"), resources);
    assert_eq!(names(&cli, &schemas, "data_source_schemas"), provided(Kind::DataSource));
    w.destroy().await;
}

async fn every_program_lists_types_it_supports(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure("");
    let schemas = w.json(&["providers", "schema", "-json"]).await;
    for (kind, need, expected) in [
        ("ephemeral_resource_schemas", EPHEMERAL, provided(Kind::EphemeralResource)),
        ("functions", FUNCTIONS, provided(Kind::Function)),
        ("resource_identity_schemas", IDENTITY, with_identity()),
        ("list_resource_schemas", QUERIES, provided(Kind::ListResource)),
        ("action_schemas", ACTIONS, provided(Kind::Action)),
    ] {
        assert!(!expected.is_empty(), "{kind}");
        let expected = if need.is_met_by(&cli) { expected } else { Vec::new() };
        assert_eq!(names(&cli, &schemas, kind), expected, "{kind}");
    }
    w.destroy().await;
}

async fn old_and_new_programs_share_one_state(cli: Cli) {
    let Some(old) = second(OLDEST).await else { return };
    let mut w = TestEnv::new(&old).await;
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
