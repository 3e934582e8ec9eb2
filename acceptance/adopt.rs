//! `examples/adopt` with an organization that already has users, seats, and tokens. Terraform
//! adopts all of them, and the provider sends only read requests.
//!
//! These tests cover the promises of `docs/guides/adopt-an-organization.md`.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::resource;

on_clis! {
    each_series: [],
    oldest_and_newest: [
        survey_and_import_commands_adopt_without_changes,
        survey_and_import_blocks_adopt_without_changes needs [IMPORT_FOR_EACH],
        generated_configuration_is_valid_without_changes needs [GENERATED_CONFIGURATION],
        adoption_of_seats_costs_one_rejected_request_each,
        sync_of_imported_token_is_one_request needs [IMPORT_BLOCKS],
        removal_from_state_changes_no_user needs [REMOVED_BLOCKS],
    ],
}

const PERSON_END: &str = "2040-01-01T00:00:00+00:00";
const PROGRAM_END: &str = "2035-06-30T12:00:00+00:00";
/// ID of the managed user in `members.tf`. The sandbox generates a different one.
const MANAGED: &str = "c0ffee00-0000-4000-8000-000000000001";
/// Name of the service account that the provider uses itself.
const OWN_ACCOUNT: &str = "configured";

/// Working directory and sandbox with the organization of `members.tf`.
struct ExistingOrganization {
    w: TestEnv,
    /// UUID of the managed user.
    managed: String,
    before: Value,
}

impl ExistingOrganization {
    async fn new(cli: &Cli) -> Self {
        let w = TestEnv::new(cli).await;
        let sandbox = w.sandbox();
        let ada = json!({"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "seat": true});
        let ada = sandbox.add_user(ada).await;
        sandbox.issue_token(&ada, "2030-01-01T00:00:00Z").await; // Revoked by the next one.
        sandbox.issue_token(&ada, PERSON_END).await;
        let grace = json!({"email": "grace@example.com", "first_name": "Grace", "last_name": "Hopper", "seat": true});
        sandbox.add_user(grace).await;
        sandbox.add_user(json!({"email": "edsger@example.com"})).await;
        let managed = json!({"first_name": "Jupyter", "last_name": "Server-1", "seat": true});
        let managed = sandbox.add_user(managed).await;
        sandbox.issue_token(&managed, PROGRAM_END).await;
        for name in ["notebooks", "ci"] {
            sandbox.add_service_account(name).await;
        }
        let before = sandbox.state().await;
        Self { w, managed, before }
    }

    /// Applies the survey and returns one of its outputs.
    async fn survey(&mut self, output: &str) -> String {
        let w = &mut self.w;
        w.write("survey/main.tf", &read("survey/main.tf"));
        w.set_env("TF_VAR_not_service_accounts", &format!("[\"{OWN_ACCOUNT}\"]"));
        w.command(&["-chdir=survey", "apply", "-auto-approve", "-no-color"]).await;
        w.command(&["-chdir=survey", "output", "-no-color", "-raw", output]).await
    }

    /// Copies the configuration of the example, with the `members.tf` that the survey generates.
    async fn copy_example(&mut self) {
        let members = self.survey("members").await;
        assert!(members.contains(&self.managed), "{members}");
        let example = read("members.tf");
        // The members are sorted by key, so a different UUID can change the order of the lines.
        let expected = example.replace(MANAGED, &self.managed);
        assert_eq!(sorted(&members), sorted(&expected), "members.tf of the example is out of date");
        self.w.copy_configuration(&example_directory());
        self.w.write("members.tf", &members);
    }

    /// Checks that the provider sent no write request and that the organization is unchanged.
    async fn assert_untouched(&self) {
        let writes = self.w.sandbox().writes().await;
        assert!(writes.is_empty(), "these were sent to Anaconda: {writes:?}");
        assert_eq!(self.w.sandbox().state().await, self.before);
    }
}

fn example_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/adopt")
}

fn read(name: &str) -> String {
    fs::read_to_string(example_directory().join(name)).unwrap()
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    lines
}

/// Resource addresses of the example, with the keys of the objects to adopt. An empty key is the
/// managed user.
const WHAT: [(&str, &[&str]); 3] = [
    ("anaconda_user.member", &["ada@example.com", "edsger@example.com", "grace@example.com", ""]),
    ("anaconda_seat.member", &["ada@example.com", "grace@example.com", ""]),
    ("anaconda_token.member", &["ada@example.com", ""]),
];

/// Returns the resource addresses after the adoption, including those of service accounts.
fn addresses(managed: &str) -> Vec<String> {
    let members = WHAT.iter().flat_map(|(what, keys)| {
        keys.iter()
            .map(move |key| format!("{what}[\"{}\"]", if key.is_empty() { managed } else { key }))
    });
    let accounts =
        ["ci", "notebooks"].map(|name| format!("anaconda_service_account.program[\"{name}\"]"));
    let mut all: Vec<_> = members.chain(accounts).collect();
    all.sort_unstable();
    all
}

async fn survey_and_import_blocks_adopt_without_changes(cli: Cli) {
    let mut existing = ExistingOrganization::new(&cli).await;
    existing.copy_example().await;
    let plan = existing.w.apply_present().await;
    let planned: Vec<_> = plan.actions().into_keys().collect();
    assert_eq!(planned, addresses(&existing.managed));
    assert!(planned.iter().all(|address| plan.imports(address)), "{}", plan.text());
    assert!(plan.is_empty(), "{}", plan.text());
    let counts = "Plan: 11 to import, 0 to add, 0 to change, 0 to destroy.";
    assert!(plan.text().contains(counts), "{}", plan.text());
    existing.assert_untouched().await;

    // The guide then tells the user to remove the imports. That must change nothing.
    existing.w.remove("imports.tf");
    existing.w.assert_settled().await;
    let token = existing.w.state("anaconda_token.member[\"ada@example.com\"]");
    assert_eq!(token["token"], Value::Null, "the value of a token is shown once");
    assert_eq!(token["expires_at"], PERSON_END);
    existing.assert_untouched().await;
    existing.w.destroy().await;
}

async fn survey_and_import_commands_adopt_without_changes(cli: Cli) {
    let mut existing = ExistingOrganization::new(&cli).await;
    let commands = existing.survey("commands").await;
    existing.copy_example().await;
    existing.w.remove("imports.tf");
    let mut imported = Vec::new();
    for command in commands.lines() {
        // A shell reads the command as: terraform import '<ADDRESS>' '<ID>'
        let parts: Vec<_> = command.split('\'').collect();
        assert_eq!([parts[0], parts[2], parts[4]], ["terraform import ", " ", ""], "{command}");
        existing.w.command(&["import", parts[1], parts[3]]).await;
        imported.push(parts[1].to_owned());
    }
    imported.sort_unstable();
    assert_eq!(imported, addresses(&existing.managed));
    existing.w.assert_settled().await;
    existing.assert_untouched().await;
    existing.w.destroy().await;
}

async fn generated_configuration_is_valid_without_changes(cli: Cli) {
    let mut existing = ExistingOrganization::new(&cli).await;
    let managed = existing.managed.clone();
    let blocks = [
        ("anaconda_user.ada", "ada@example.com"),
        ("anaconda_user.grace", "grace@example.com"),
        ("anaconda_user.edsger", "edsger@example.com"),
        ("anaconda_user.jupyter", managed.as_str()),
        ("anaconda_seat.ada", "ada@example.com"),
        ("anaconda_seat.grace", "grace@example.com"),
        ("anaconda_seat.jupyter", &managed),
        ("anaconda_token.ada", "ada@example.com"),
        ("anaconda_token.jupyter", &managed),
        ("anaconda_service_account.ci", "name/ci"),
        ("anaconda_service_account.notebooks", "name/notebooks"),
    ]
    .map(|(to, id)| format!("import {{\n  to = {to}\n  id = \"{id}\"\n}}\n"));
    let (w, provider) = (&mut existing.w, read("versions.tf"));
    w.write("versions.tf", &provider);
    w.write("imports.tf", &blocks.concat());
    let planned = w.command(&["plan", "-generate-config-out=generated.tf"]).await;
    assert!(planned.contains("11 to import, 0 to add, 0 to change, 0 to destroy"), "{planned}");
    w.command(&["validate"]).await;
    let plan = w.apply_present().await;
    assert!(plan.is_empty(), "{}", plan.text());
    assert_eq!(plan.actions().len(), 11);
    w.remove("imports.tf");
    w.assert_settled().await;
    existing.assert_untouched().await;
    existing.w.destroy().await;
}

async fn adoption_of_seats_costs_one_rejected_request_each(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let ada = json!({"email": "ada@example.com", "seat": true});
    let id = w.sandbox().add_user(ada).await;
    w.sandbox().issue_token(&id, PERSON_END).await;
    let before = w.sandbox().state().await;
    let user = resource("user", "ada", "email = \"ada@example.com\"\nadopt_existing = true");
    let seat = resource("seat", "ada", "user_id = anaconda_user.ada.id");
    let (_, said) = w.apply_unchecked(&[user.as_str(), &seat].concat()).await;
    assert!(said.contains("Seat already assigned"), "{said}");
    w.assert_settled().await;
    assert_eq!(w.sandbox().writes().await, ["POST users/*/seats"], "answered 409");
    assert_eq!(w.sandbox().state().await, before);

    // The provider never revokes a token to adopt it.
    w.sandbox().clear_requests().await;
    let end = format!("user_id = anaconda_seat.ada.user_id\nexpires_at = \"{PERSON_END}\"");
    let hcl = [user.as_str(), &seat, &resource("token", "ada", &end)].concat();
    let refusal = w.apply_err(&hcl).await;
    assert!(refusal.contains("import {"), "{refusal}");
    assert!(w.sandbox().writes().await.is_empty());
    w.destroy().await;
}

async fn sync_of_imported_token_is_one_request(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let id = w.sandbox().add_user(json!({"email": "ada@example.com", "seat": true})).await;
    let token = w.sandbox().issue_token(&id, PERSON_END).await;
    let arguments = format!("user_id = \"{id}\"\nsync_with_subscription = true");
    let block = "import {\n  to = anaconda_token.ada\n  id = \"ada@example.com\"\n}\n";
    let token_and_import = resource("token", "ada", &arguments) + block;
    let plan = w.apply(&token_and_import).await;
    assert_eq!(plan.action("anaconda_token.ada"), Action::Update);
    assert_eq!(w.sandbox().writes().await, ["PATCH users/*/token"]);
    assert_eq!(w.sandbox().live_tokens(&id).await, [token], "the same token, with another end");
    w.command(&["destroy", "-auto-approve"]).await;
    w.sandbox().remove_user(&id).await;
    w.destroy().await;
}

async fn removal_from_state_changes_no_user(cli: Cli) {
    let mut existing = ExistingOrganization::new(&cli).await;
    existing.copy_example().await;
    existing.w.apply_present().await;
    for file in ["versions.tf", "main.tf", "members.tf", "imports.tf"] {
        existing.w.remove(file);
    }
    // The same blocks as in the guide.
    let removed = |what: &str| {
        format!("removed {{\n  from = {what}\n\n  lifecycle {{\n    destroy = false\n  }}\n}}\n")
    };
    let kinds = ["user.member", "seat.member", "token.member", "service_account.program"];
    let blocks: String = kinds.map(|kind| removed(&format!("anaconda_{kind}"))).concat();
    let (_, said) = existing.w.apply_unchecked(&blocks).await;
    assert!(said.contains(", 0 destroyed"), "{said}");
    existing.assert_untouched().await;
    existing.w.assert_settled().await;
    for user in existing.w.sandbox().users().await.iter().filter(|user| user["role"] == "member") {
        existing.w.sandbox().remove_user(user["id"].as_str().unwrap()).await;
    }
    for account in existing.before["service_accounts"].as_array().unwrap() {
        if account["name"] != OWN_ACCOUNT {
            existing
                .w
                .sandbox()
                .remove_service_account(account["client_id"].as_str().unwrap())
                .await;
        }
    }
    existing.w.destroy().await;
}
