//! Resource identities, in the state and in import blocks.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::{OLDEST, on_clis, second};
use crate::harness::{Action, TestEnv};
use crate::hcl::{END, SEAT, TOKEN, USER, ada_with_token, resource};

on_clis! {
    each_series: [
        all_objects_import_by_resource_identity needs [IDENTITY],
        first_refresh_adds_identities_to_state needs [IDENTITY],
    ],
    oldest_and_newest: [
        identity_requires_organization_of_provider needs [IDENTITY],
        identity_of_unknown_object_is_rejected needs [IDENTITY],
        identity_stays_constant_for_object_lifetime needs [IDENTITY],
    ],
}

const ACCOUNT: &str = "anaconda_service_account.ci";
fn account() -> String {
    resource("service_account", "ci", "name = \"ci\"")
}

/// Returns Ada with a seat and a token, and a service account.
fn all() -> String {
    [ada_with_token(END), account()].concat()
}

/// Returns an import block for an object, by its identity.
fn by_identity(address: &str, identity: &Value) -> String {
    let fields = identity.as_object().unwrap().iter();
    let lines = fields.map(|(name, value)| format!("{name} = {value}")).collect::<Vec<_>>();
    let lines = lines.join("\n    ");
    format!("import {{\n  to = {address}\n  identity = {{\n    {lines}\n  }}\n}}\n")
}

/// Returns the identity of each object of [`all`], without the organization.
fn native_ids(w: &TestEnv) -> [(&'static str, Value); 4] {
    let user = w.text(USER, "id");
    [
        (USER, json!({"id": user})),
        (SEAT, json!({"user_id": user})),
        (TOKEN, json!({"user_id": user, "id": w.text(TOKEN, "id")})),
        (ACCOUNT, json!({"client_id": w.text(ACCOUNT, "client_id")})),
    ]
}

fn within(identity: &Value, organization: &str) -> Value {
    let mut identity = identity.clone();
    identity["organization_id"] = organization.into();
    identity
}

/// Removes all objects of [`all`] from the state. They remain in the organization.
async fn forget(w: &mut TestEnv) {
    w.command(&["state", "rm", USER, SEAT, TOKEN, ACCOUNT]).await;
}

async fn all_objects_import_by_resource_identity(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&all()).await;
    let ids = native_ids(&w);
    for organization in [None, Some("sandbox")] {
        forget(&mut w).await;
        let mut hcl = all();
        for (address, identity) in &ids {
            let identity = organization.map_or(identity.clone(), |it| within(identity, it));
            hcl.push_str(&by_identity(address, &identity));
        }
        w.sandbox().clear_requests().await;
        let plan = w.apply(&hcl).await;
        for (address, identity) in &ids {
            assert!(plan.imports(address), "{address}:\n{}", plan.text());
            assert_ne!(plan.action(address), Action::Create, "{address}");
            assert_eq!(w.identity(address), within(identity, "sandbox"), "{address}");
        }
        w.assert_nothing_written().await;
        assert_eq!(native_ids(&w), ids);
    }
    w.destroy().await;
}

async fn identity_requires_organization_of_provider(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&all()).await;
    let ids = native_ids(&w);
    forget(&mut w).await;
    for (address, identity) in &ids {
        let import = by_identity(address, &within(identity, "another"));
        let refusal = w.plan_err(&[all(), import].concat()).await;
        assert!(refusal.contains("Organization ID mismatch"), "{address}: {refusal}");
        assert!(refusal.contains("\"another\"") && refusal.contains("\"sandbox\""), "{refusal}");
    }
    let imports = ids.map(|(address, identity)| by_identity(address, &identity)).concat();
    w.apply(&[all(), imports].concat()).await;
    w.destroy().await;
}

async fn identity_of_unknown_object_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let nobody = "00000000-0000-4000-8000-000000000000";
    let cases = [
        (USER, json!({"id": nobody}), "User not found"),
        (USER, json!({"id": "ada"}), "UUID"),
        (SEAT, json!({"user_id": nobody}), "User not found"),
        (TOKEN, json!({"user_id": nobody, "id": nobody}), "User not found"),
        (ACCOUNT, json!({"client_id": nobody}), "Service account not found"),
        (TOKEN, json!({"user_id": nobody}), "\"id\""),
    ];
    for (address, identity, said) in cases {
        let refusal = w.plan_err(&[all(), by_identity(address, &identity)].concat()).await;
        assert!(refusal.contains(said), "{address} {identity}: {refusal}");
    }
    w.destroy().await;
}

async fn identity_stays_constant_for_object_lifetime(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&all()).await;
    let made = native_ids(&w);
    for (address, identity) in &made {
        assert_eq!(w.identity(address), within(identity, "sandbox"), "{address}, created");
    }

    w.sandbox().change_user(&w.text(USER, "id"), json!({"first_name": "Augusta"})).await;
    w.refresh().await;
    for (address, identity) in &made {
        assert_eq!(w.identity(address), within(identity, "sandbox"), "{address}, read");
    }

    let user = "email = \"ada@example.com\"\noffboard_on_destroy = false";
    let seat = "user_id = anaconda_user.ada.id\nsend_seat_assigned_email = true";
    let token = "user_id = anaconda_seat.ada.user_id\nexpires_at = \"2041-01-01T00:00:00Z\"";
    let changed = [("user", user), ("seat", seat), ("token", token)];
    let changed = changed.map(|(kind, arguments)| resource(kind, "ada", arguments)).concat();
    let plan = w.apply(&[changed.clone(), account()].concat()).await;
    for (address, identity) in &made {
        let expected = if *address == ACCOUNT { Action::NoOp } else { Action::Update };
        assert_eq!(plan.action(address), expected, "{address}");
        assert_eq!(w.identity(address), within(identity, "sandbox"), "{address}, updated");
    }

    // A replaced object has a different identity.
    let rotated = |month: &str| {
        let rotated = format!("{token}\nkeepers = {{ month = \"{month}\" }}");
        changed.replace(token, &rotated) + &account()
    };
    w.apply(&rotated("june")).await;
    let plan = w.apply(&rotated("july")).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert_eq!(w.identity(TOKEN)["id"], w.text(TOKEN, "id"));
    assert_ne!(w.identity(TOKEN)["id"], made[2].1["id"]);
    w.destroy().await;
}

async fn first_refresh_adds_identities_to_state(cli: Cli) {
    let Some(old) = second(OLDEST).await else { return };
    let mut w = TestEnv::new(&old).await;
    w.apply(&all()).await;
    assert!(!w.read("terraform.tfstate").contains("\"identity\""));

    // Terraform 1.0 does not mark sensitive values in the state, so a plan without a refresh is not
    // empty.
    w.switch_to(&cli).await;
    let plan = w.plan_with(&[]).await;
    assert!(plan.is_empty(), "{}", plan.text());
    w.refresh().await;
    for (address, identity) in native_ids(&w) {
        assert_eq!(w.identity(address), within(&identity, "sandbox"), "{address}");
    }
    w.assert_settled().await;

    // Back to the old program: it ignores what is new in the state file. Terraform 1.0 marks
    // sensitive values differently, and plans an update of them that sends no request.
    w.switch_to(&old).await;
    w.sandbox().clear_requests().await;
    w.apply_present().await;
    w.assert_nothing_written().await;
    w.destroy().await;
}
