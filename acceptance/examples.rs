//! Every configuration in `examples/` and its documentation. Each one must be formatted, be valid,
//! and pass an apply, an empty plan, and a destroy. A resource or data source without an example
//! fails.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::TestEnv;
use crate::needs::{IMPORT_BLOCKS, IMPORT_FOR_EACH};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        example_projects_pass_terraform_validate,
        resource_examples_are_applied_and_destroyed,
        example_plans_hold_for_one_year,
        data_source_examples_find_their_objects,
        course_example_onboards_and_offboards_participants,
        import_block_examples_are_valid needs [IMPORT_BLOCKS],
        all_example_files_are_formatted needs [FUNCTIONS],
        every_registered_type_has_example,
    ],
}

fn examples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// Returns the directories in `examples/<kind>`, by type name.
fn types(kind: &str) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(examples().join(kind)).unwrap().map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| (path.file_name().unwrap().to_str().unwrap().to_owned(), path);
    let mut types: Vec<_> = entries.map(named).collect();
    types.sort();
    assert!(!types.is_empty(), "examples/{kind} is empty");
    types
}

/// Returns the resource types that support import.
fn importable() -> Vec<(String, PathBuf)> {
    let mut types = types("resources");
    types.retain(|(name, _)| name != "anaconda_onboarding");
    types
}

/// Returns all files below a directory.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

async fn example_projects_pass_terraform_validate(cli: Cli) {
    for project in [
        "adopt",
        "adopt/survey",
        "ci",
        "getting-started",
        "onboarding",
        "people-from-a-file",
        "provider",
        "secrets",
        "team",
        "token-rotation",
    ] {
        let mut w = TestEnv::new(&cli).await;
        w.copy_configuration(&examples().join(project));
        if project == "adopt" && !IMPORT_FOR_EACH.is_met_by(&cli) {
            w.remove("imports.tf"); // The guide says so for older programs.
        }
        // Terraform does not validate a provider block that no object uses.
        w.write("used.tf", "data \"anaconda_seats\" \"used\" {}\n");
        w.command(&["validate"]).await;
        w.remove("used.tf"); // Terraform 1.0 would read it again.
        w.destroy().await;
    }
}

async fn resource_examples_are_applied_and_destroyed(cli: Cli) {
    for (name, directory) in types("resources") {
        eprintln!("{name}");
        let mut w = TestEnv::new(&cli).await;
        let plan = w.apply(&read(&directory.join("resource.tf"))).await;
        let shown =
            plan.actions().into_keys().any(|address| address.starts_with(&format!("{name}.")));
        assert!(shown, "the example of {name} has none:\n{}", plan.text());
        w.destroy().await;
    }
}

/// Returns the examples that need no other setup: those of the resources, and the guide projects.
fn made() -> Vec<PathBuf> {
    let resources = types("resources").into_iter().map(|(_, directory)| directory);
    let projects = [
        "ci",
        "getting-started",
        "onboarding",
        "people-from-a-file",
        "secrets",
        "team",
        "testing-modules",
        "token-rotation",
    ];
    resources.chain(projects.map(|project| examples().join(project))).collect()
}

/// Checks a saved plan that is applied one year later: it succeeds, or the error asks for a new
/// plan. Two plans must be equal, and an import into the same configuration must change no object.
async fn example_plans_hold_for_one_year(cli: Cli) {
    let later = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(366 * 24);
    for directory in made() {
        eprintln!("{}", directory.display());
        let mut w = TestEnv::new(&cli).await;
        w.set_env("TF_VAR_project", "Atlas");
        // The directory of a resource also contains its import examples.
        match directory.join("resource.tf") {
            resource if resource.exists() => w.configure(&read(&resource)),
            _ => w.copy_configuration(&directory),
        }
        w.plan_with(&[]).await;
        w.set_now(&later.to_string()).await;
        if let Err(said) = w.apply_saved().await {
            assert!(said.contains("plan again") && !said.contains("inconsistent"), "{said}");
            w.destroy_without_refresh().await;
            continue;
        }
        let (once, again) = (w.plan_with(&[]).await, w.plan_with(&[]).await);
        assert_eq!(once.actions(), again.actions());
        w.assert_settled().await;
        if IMPORT_BLOCKS.is_met_by(&cli) {
            imports_without_changes(&mut w).await;
        }
        w.destroy().await;
    }
}

/// Removes all importable objects from the state and imports them into the same configuration.
async fn imports_without_changes(w: &mut TestEnv) {
    let objects = w.managed();
    let importable: Vec<_> = objects
        .iter()
        .filter(|(address, _)| !address.starts_with("anaconda_onboarding."))
        .collect();
    if importable.is_empty() {
        return;
    }
    let mut forget = vec!["state", "rm"];
    let mut blocks = Vec::new();
    for (address, object) in &importable {
        let text = |name: &str| object[name].as_str().unwrap_or_default();
        let id = match address.split('.').next() {
            Some("anaconda_token") => format!("{}/{}", text("user_id"), text("id")),
            _ => text("id").to_owned(),
        };
        blocks.push(format!("import {{\n  to = {address}\n  id = \"{id}\"\n}}\n"));
        forget.push(address.as_str());
    }
    w.command(&forget).await;
    w.write("imported.tf", &blocks.concat());
    w.sandbox().clear_requests().await;
    w.apply_present().await;
    // The API does not show whether a token was synced, so the provider syncs it again.
    let writes = w.sandbox().writes().await;
    assert!(writes.iter().all(|write| write == "PATCH users/*/token"), "{writes:?}");
    let ids = |objects: &[(String, Value)]| -> Vec<_> {
        objects.iter().map(|(address, object)| (address.clone(), object["id"].clone())).collect()
    };
    assert_eq!(ids(&w.managed()), ids(&objects));
    w.remove("imported.tf");
}

async fn data_source_examples_find_their_objects(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_env("ANACONDA_SEAT_LIMIT", "25");
    let ada = w.sandbox().add_user(json!({"email": "ada@example.com", "seat": true})).await;
    w.sandbox().issue_token(&ada, "2040-01-01T00:00:00Z").await;
    let mut accounts = Vec::new();
    for name in ["ci", "notebooks-1"] {
        accounts.push(w.sandbox().add_service_account(name).await);
    }
    for (name, directory) in types("data-sources") {
        let hcl = read(&directory.join("data-source.tf"));
        assert!(hcl.contains(&format!("data \"{name}\"")), "the example of {name} has none");
        w.apply(&hcl).await;
        let outputs: Value = serde_json::from_str(&w.command(&["output", "-json"]).await).unwrap();
        let shown = |output: &str| outputs[output]["value"].clone();
        match name.as_str() {
            "anaconda_user" => assert_eq!(shown("ada_has_a_seat"), true),
            "anaconda_users" => {
                assert_eq!(shown("who_holds_a_seat"), json!(["ada@example.com"]));
                assert_eq!(shown("groups")[&ada], json!([]));
            }
            "anaconda_service_account" => assert_eq!(shown("ci_client_id"), accounts[0].as_str()),
            "anaconda_service_accounts" => assert_eq!(shown("notebooks"), json!(["notebooks-1"])),
            "anaconda_tokens" => {
                assert_eq!(shown("ada_is_fine_until"), json!(["2040-01-01T00:00:00+00:00"]));
            }
            "anaconda_seats" => {
                assert_eq!(shown("seats"), json!({"assigned": 1, "available": 24}));
            }
            other => panic!("what the example of {other} should find is not written down here"),
        }
    }
    w.sandbox().remove_user(&ada).await;
    for account in accounts {
        w.sandbox().remove_service_account(&account).await;
    }
    w.destroy().await;
}

async fn course_example_onboards_and_offboards_participants(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.copy_configuration(&examples().join("onboarding"));
    w.apply_present().await;
    let there = w.sandbox().users().await.into_iter().filter(|user| user["role"] == "member");
    assert_eq!(there.filter(|user| user["seat"] == true).count(), 4);
    let outputs: Value = serde_json::from_str(&w.command(&["output", "-json"]).await).unwrap();
    assert_eq!(outputs["missing"]["value"], json!({}));

    // Removing an email address removes one user.
    w.set_env("TF_VAR_students", r#"["barbara@example.com", "john@example.com"]"#);
    w.apply_present().await;
    assert!(w.sandbox().user("donald@example.com").await.is_none());
    assert!(w.sandbox().user("john@example.com").await.is_some());
    w.destroy().await;
}

async fn import_block_examples_are_valid(cli: Cli) {
    for (_, directory) in importable() {
        let resource = read(&directory.join("resource.tf"));
        let mut w = TestEnv::new(&cli).await;
        w.write("resource.tf", &resource);
        w.write("import.tf", &read(&directory.join("import-by-string-id.tf")));
        w.write("provider.tf", &read(&examples().join("provider/provider.tf")));
        w.command(&["validate"]).await;
        w.destroy().await;
    }
}

async fn all_example_files_are_formatted(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for path in files(&examples()) {
        if path.extension().is_some_and(|extension| extension == "tf" || extension == "hcl") {
            let below = path.strip_prefix(examples()).unwrap();
            w.write(below.to_str().unwrap(), &read(&path));
        }
    }
    w.command(&["fmt", "-check", "-diff", "-recursive"]).await;
    w.destroy().await;
}

async fn every_registered_type_has_example(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.write("main.tf", &read(&examples().join("provider/provider.tf")));
    let schemas = w.command(&["providers", "schema", "-json"]).await;
    let schemas: Value = serde_json::from_str(&schemas).unwrap();
    let ours = &schemas["provider_schemas"][cli.provider_address()];
    for (offered, shown) in
        [("resource_schemas", "resources"), ("data_source_schemas", "data-sources")]
    {
        let offered: BTreeSet<_> = ours[offered].as_object().unwrap().keys().cloned().collect();
        let shown: BTreeSet<_> = types(shown).into_iter().map(|(name, _)| name).collect();
        assert_eq!(offered, shown);
    }
    w.destroy().await;
}

#[test]
fn import_examples_match_configured_addresses() {
    for (name, directory) in importable() {
        let resource = read(&directory.join("resource.tf"));
        let script = read(&directory.join("import.sh"));
        let commands: Vec<_> =
            script.lines().filter(|line| line.starts_with("terraform")).collect();
        assert!(!commands.is_empty(), "{name}");
        for command in commands {
            let words: Vec<_> = command.split(' ').collect();
            let [_, "import", address, _] = words.as_slice() else { panic!("{command}") };
            let (kind, label) = address.split_once('.').unwrap();
            assert_eq!(kind, name);
            let block = format!("resource \"{kind}\" \"{label}\"");
            assert!(resource.contains(&block), "{address} is not in the example of {name}");
        }
    }
}
