//! Features that only OpenTofu has, and moves of a state between Terraform and OpenTofu.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::{Program, on_clis, second};
use crate::harness::{Action, Options, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, END, SEAT, TOKEN, USER, ada_token, provider, resource};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        provider_for_each_manages_several_organizations needs [PROVIDER_FOR_EACH],
        enabled_argument_removes_and_adds_user needs [ENABLED],
        exclude_option_leaves_resource_unchanged needs [EXCLUDE],
        encrypted_state_contains_no_token needs [STATE_ENCRYPTION],
        state_moves_between_terraform_and_opentofu needs [STATE_ENCRYPTION],
    ],
}

async fn provider_for_each_manages_several_organizations(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let other = Options { organization: "research".to_owned(), ..Options::default() };
    let other = TestEnv::with(&cli, other).await;
    let organizations = format!(
        "locals {{\n  organizations = {{\n    sandbox  = \"{}\"\n    research = \"{}\"\n  }}\n}}\n",
        w.url(),
        other.url(),
    );
    let providers = provider(
        "alias = \"by_organization\"\nfor_each = local.organizations\n\
         organization_id = each.key\nbase_url = each.value",
    );
    // OpenTofu rejects the same expression as in the provider block. Removing an organization would
    // also remove the provider that must remove its users.
    let ada = resource(
        "user",
        "ada",
        "for_each = { for id, url in local.organizations : id => url }\n\
         provider = anaconda.by_organization[each.key]\nemail = \"ada@example.com\"",
    );
    let plan = w.apply(&[&organizations, providers.as_str(), &ada].concat()).await;
    assert_eq!(plan.actions().len(), 2, "{}", plan.text());
    for (world, id) in [(&w, "sandbox"), (&other, "research")] {
        let there = world.sandbox().user("ada@example.com").await.unwrap();
        assert_eq!(w.text(&format!("anaconda_user.ada[\"{id}\"]"), "id"), there["id"]);
    }
    w.destroy().await;
    assert!(other.sandbox().user("ada@example.com").await.is_none());
    other.destroy().await;
}

async fn enabled_argument_removes_and_adds_user(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let seat = |enabled: bool| {
        let lifecycle = format!("lifecycle {{\n  enabled = {enabled}\n}}");
        resource("seat", "ada", &format!("user_id = anaconda_user.ada.id\n{lifecycle}"))
    };
    w.apply(&[ADA, &seat(true)].concat()).await;
    let id = w.text(USER, "id");
    let plan = w.apply(&[ADA, &seat(false)].concat()).await;
    assert_eq!(plan.action(SEAT), Action::Delete);
    assert!(!w.has(SEAT));
    w.apply(&[ADA, &seat(true)].concat()).await;
    assert_eq!(w.text(SEAT, "user_id"), id);
    w.destroy().await;
}

async fn exclude_option_leaves_resource_unchanged(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.configure(&[ADA, ADA_SEAT, &ada_token(END)].concat());
    // OpenTofu also excludes everything that depends on the excluded resource.
    w.command(&["apply", "-auto-approve", "-exclude=anaconda_seat.ada"]).await;
    w.reload_state().await;
    assert!(w.has(USER) && !w.has(SEAT) && !w.has(TOKEN));
    w.apply_present().await;
    w.sandbox().clear_requests().await;
    w.command(&["destroy", "-auto-approve", "-exclude=anaconda_seat.ada"]).await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/tokens/*"]);
    w.destroy().await;
}

const ENCRYPTION: &str = r#"
terraform {
  encryption {
    key_provider "pbkdf2" "passphrase" {
      passphrase = "a passphrase of more than sixteen characters"
    }
    method "aes_gcm" "it" {
      keys = key_provider.pbkdf2.passphrase
    }
    state {
      method   = method.aes_gcm.it
      enforced = true
    }
    plan {
      method   = method.aes_gcm.it
      enforced = true
    }
  }
}
"#;

async fn encrypted_state_contains_no_token(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = [ENCRYPTION, ADA, ADA_SEAT, &ada_token(END)].concat();
    w.apply(&hcl).await;
    let secret = w.text(TOKEN, "token");
    for file in ["terraform.tfstate", "plan.bin"] {
        let bytes = w.bytes(file);
        let found = |text: &str| bytes.windows(text.len()).any(|part| part == text.as_bytes());
        assert!(!found(&secret) && !found("ada@example.com"), "{file}");
    }
    assert!(w.read("terraform.tfstate").contains("encrypted_data"));
    w.destroy().await;
}

async fn state_moves_between_terraform_and_opentofu(cli: Cli) {
    let Some(terraform) = second(Program::Terraform("1.11")).await else { return };
    let mut w = TestEnv::new(&terraform).await;
    let team = [ADA, ADA_SEAT, &ada_token(END)].concat();
    w.apply(&team).await;
    let before = [USER, SEAT, TOKEN].map(|address| w.state(address));
    w.sandbox().clear_requests().await;

    w.switch_to(&cli).await;
    w.assert_settled().await;
    w.apply(&team).await;
    assert_eq!([USER, SEAT, TOKEN].map(|address| w.state(address)), before);
    w.assert_nothing_written().await;
    w.sandbox().change_user(&w.text(USER, "id"), json!({"first_name": "Augusta"})).await;
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    w.apply(&[&team, bob.as_str()].concat()).await;

    w.sandbox().clear_requests().await;
    w.switch_to(&terraform).await;
    w.assert_settled().await;
    assert_eq!(w.text(TOKEN, "token"), before[2]["token"]);
    w.assert_nothing_written().await;
    w.destroy().await;
}
