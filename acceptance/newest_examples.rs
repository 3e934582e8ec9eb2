//! Examples of features that only newer programs have: valid, formatted, and working as described.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::TestEnv;
use crate::hcl::resource;

on_clis! {
    each_series: [
        newer_block_types_have_formatted_examples needs [FORMATTED_QUERIES],
        query_examples_find_their_objects needs [QUERIES],
        action_examples_run_as_described needs [ACTIONS],
        identity_import_examples_are_valid needs [IDENTITY],
    ],
    oldest_and_newest: [
        ephemeral_and_function_examples_run_as_described needs [EPHEMERAL, FUNCTIONS],
    ],
}

/// ID of the user in the examples.
const MEMBER: &str = "7d1f8a52-0000-4000-8000-000000000001";

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// Returns an example, by its path below `examples`.
fn example(path: &str) -> String {
    fs::read_to_string(examples().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// Returns the names of the directories in `examples/<kind>`.
fn shown(kind: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(examples().join(kind)).unwrap();
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

async fn newer_block_types_have_formatted_examples(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure("");
    let schemas = w.json(&["providers", "schema", "-json"]).await;
    let ours = &schemas["provider_schemas"][cli.provider_address()];
    for (offered, kind, file) in [
        ("list_resource_schemas", "list-resources", "list-resource.tfquery.hcl"),
        ("action_schemas", "actions", "action.tf"),
        ("ephemeral_resource_schemas", "ephemeral-resources", "ephemeral-resource.tf"),
        ("functions", "functions", "function.tf"),
        ("resource_identity_schemas", "resources", "import-by-identity.tf"),
    ] {
        let offered: BTreeSet<_> = ours[offered].as_object().unwrap().keys().cloned().collect();
        if kind != "resources" {
            assert_eq!(offered, shown(kind));
        }
        for name in offered {
            let copy = format!("{kind}-{name}-{file}");
            w.write(&copy, &example(&format!("{kind}/{name}/{file}")));
            w.command(&["fmt", "-check", "-diff", &copy]).await;
        }
    }
    w.destroy().await;
}

async fn query_examples_find_their_objects(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let ada = w.add_people(&["ada@example.com"]).await.remove(0);
    w.sandbox().add_user(json!({"email": "linus@example.com"})).await;
    let server = json!({"email": null, "first_name": "Jupyter", "seat": true});
    w.sandbox().add_user(server).await;
    let ci = w.sandbox().add_service_account("ci-runner").await;
    w.configure("");
    for (kind, expected) in [
        ("user", &[("without_seat", 1), ("company", 1)][..]),
        ("seat", &[("people", 1), ("programs", 1)]),
        ("token", &[("company", 1), ("partner", 0)]),
        ("service_account", &[("ci", 1)]),
    ] {
        let path = format!("list-resources/anaconda_{kind}/list-resource.tfquery.hcl");
        let found = w.query(&example(&path).replace(MEMBER, &ada)).await;
        for (name, count) in expected {
            let address = format!("list.anaconda_{kind}.{name}");
            let by_it = found.iter().filter(|one| one.address == address).count();
            assert_eq!(by_it, *count, "{address}: {found:?}");
        }
        // Terraform generates a resource for each result, so two lists must not find the same
        // object.
        let objects: BTreeSet<_> = found.iter().map(|one| one.identity.to_string()).collect();
        assert_eq!(objects.len(), found.len(), "{kind}: {found:?}");
    }
    w.remove_people().await;
    w.sandbox().remove_service_account(&ci).await;
    w.destroy().await;
}

async fn action_examples_run_as_described(cli: Cli) {
    let action = |kind: &str| example(&format!("actions/anaconda_{kind}/action.tf"));
    let mut w = TestEnv::new(&cli).await;
    let people = w.add_people(&["ada@example.com", "edsger@example.com"]).await;
    let renew = action("renew_token").replace(MEMBER, &people[0]);
    w.apply(&renew).await;
    w.assert_nothing_written().await;
    w.set_env("TF_VAR_subscription_year", "2027");
    w.command(&["apply", "-auto-approve"]).await;
    assert_eq!(w.sandbox().writes().await, ["PATCH users/*/token"]);

    w.apply(&action("onboard_users")).await;
    assert!(w.sandbox().user("barbara@example.com").await.is_some());

    w.configure(&action("revoke_user_tokens"));
    let leaked = format!("-var=leaked={}", people[0]);
    let invoke = "-invoke=action.anaconda_revoke_user_tokens.leaked";
    w.command(&["apply", "-auto-approve", &leaked, invoke]).await;
    assert!(w.sandbox().live_tokens(&people[0]).await.is_empty());

    w.configure(&action("offboard_user"));
    w.command(&["apply", "-auto-approve", "-invoke=action.anaconda_offboard_user.leaver"]).await;
    assert!(w.sandbox().user("edsger@example.com").await.is_none());
    w.remove_people().await;
    w.destroy().await;
}

async fn ephemeral_and_function_examples_run_as_described(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let bearer = example("ephemeral-resources/anaconda_access_token/ephemeral-resource.tf");
    let people = example("functions/normalize_email/function.tf");
    w.apply(&[bearer, people].concat()).await;
    for email in ["ada@example.com", "grace@example.com"] {
        assert!(w.has(&format!("anaconda_user.team[\"{email}\"]")), "{email}");
    }
    w.destroy().await;
}

async fn identity_import_examples_are_valid(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for (kind, name, arguments) in [
        ("user", "ada", "email = \"ada@example.com\""),
        ("seat", "ada", "user_id = \"7d1f8a52-0000-4000-8000-000000000001\""),
        (
            "token",
            "jupyter",
            "user_id = \"7d1f8a52-0000-4000-8000-000000000001\"\n\
                              sync_with_subscription = true",
        ),
        ("service_account", "ci", "name = \"ci\""),
    ] {
        let import = example(&format!("resources/anaconda_{kind}/import-by-identity.tf"));
        w.configure(&[resource(kind, name, arguments), import].concat());
        w.command(&["validate"]).await;
        // None of these objects exists here, but the provider understands the identity.
        let refusal = w.command_err(&["plan"]).await;
        let understood = ["User not found", "Organization ID mismatch"];
        assert!(understood.iter().any(|said| refusal.contains(said)), "{kind}: {refusal}");
    }
    w.configure("");
    w.destroy().await;
}
