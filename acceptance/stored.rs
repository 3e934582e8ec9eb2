//! States that another version of the provider wrote.

use std::time::SystemTime;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, END, SEAT, TOKEN, USER, ada_with_token};
use crate::needs::MARKS_IN_STATE;

on_clis! {
    each_series: [],
    oldest_and_newest: [
        state_of_first_version_plans_no_changes,
        fresh_0_1_state_plans_updates_and_destroys,
        aged_0_1_state_plans_updates_and_destroys,
        state_of_newer_provider_is_rejected_and_kept,
        identity_of_newer_provider_is_rejected_and_kept needs [IDENTITY],
    ],
}

/// State file that version 0.1 wrote for a configuration with every resource and every argument.
const STATE_OF_0_1: &str = include_str!("stored/version-0.1.json");
/// Configuration of that state. The variable `more` changes each resource that supports updates.
const CONFIGURATION_OF_0_1: &str = include_str!("stored/version-0.1.tf");

/// Creates an organization with the objects of the stored state, and writes that state with this
/// age.
async fn with_state_of_0_1(cli: &Cli, seconds_ago: u64) -> TestEnv {
    let w = TestEnv::new(cli).await;
    let sandbox = w.sandbox();
    let ada = json!({"email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace", "seat": true});
    let server = json!({"first_name": "Jupyter", "last_name": "Server-1", "seat": true});
    let kim = json!({"email": "kim@example.com", "seat": true});
    let [ada, server, kim] =
        [sandbox.add_user(ada).await, sandbox.add_user(server).await, sandbox.add_user(kim).await];
    let end = "2090-01-31T00:00:00Z";
    let (ada_token, server_token) =
        (sandbox.issue_token(&ada, end).await, sandbox.issue_token(&server, end).await);
    let account = sandbox.add_service_account("ci").await;
    let prefixed = sandbox.add_service_account("nightly-0123abcde").await;
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs();
    let private = STANDARD.encode(json!({"written": now - seconds_ago}).to_string());
    // Newer programs also mark sensitive attributes of the schema in the state.
    let sensitive = |name: &str| {
        if MARKS_IN_STATE.is_met_by(cli) {
            json!([[{"type": "get_attr", "value": name}]]).to_string()
        } else {
            "[]".to_owned()
        }
    };
    let state = [
        ("{token}", sensitive("token")),
        ("{client_secret}", sensitive("client_secret")),
        ("{ada}", ada),
        ("{server}", server),
        ("{kim}", kim),
        ("{ada_token}", ada_token),
        ("{server_token}", server_token),
        ("{account}", account),
        ("{prefixed}", prefixed),
        ("{private}", private),
        ("{provider}", cli.provider_address().to_owned()),
    ]
    .iter()
    .fold(STATE_OF_0_1.to_owned(), |state, (name, value)| state.replace(name, value));
    w.write("terraform.tfstate", &state);
    w.configure(CONFIGURATION_OF_0_1);
    w
}

async fn stored_state_continues(cli: &Cli, seconds_ago: u64) {
    for refreshed in [true, false] {
        let mut w = with_state_of_0_1(cli, seconds_ago).await;
        w.assert_settled().await;
        assert_eq!(w.sandbox().writes().await, Vec::<String>::new());
        let refresh = format!("-refresh={refreshed}");
        let plan = w.plan_with(&[&refresh, "-var", "more=true"]).await;
        let changes = plan.actions();
        let in_place = changes.iter().filter(|(_, action)| **action == Action::Update);
        let in_place: Vec<_> = in_place.map(|(address, _)| address.as_str()).collect();
        let expected = [
            "anaconda_onboarding.team",
            SEAT,
            TOKEN,
            "anaconda_token.server",
            USER,
            "anaconda_user.server",
        ];
        assert_eq!(in_place, expected, "{}", plan.text());
        let others = changes.values().filter(|it| ![Action::Update, Action::NoOp].contains(it));
        assert_eq!(others.count(), 0, "{}", plan.text());
        w.command(&["apply", "plan.bin"]).await;
        assert_eq!(w.sandbox().writes().await, ["PATCH users/*/token"]);
        w.reload_state().await;
        assert_eq!(w.text(TOKEN, "token"), "the-value-of-ada");
        // Without `more=true`, the configuration changes everything back.
        w.command(&["apply", "-auto-approve", &refresh]).await;
        w.assert_settled().await;
        if refreshed {
            w.destroy().await;
        } else {
            w.destroy_without_refresh().await;
        }
    }
}

async fn fresh_0_1_state_plans_updates_and_destroys(cli: Cli) {
    stored_state_continues(&cli, 0).await;
}

async fn aged_0_1_state_plans_updates_and_destroys(cli: Cli) {
    stored_state_continues(&cli, 3600).await;
}

async fn state_of_newer_provider_is_rejected_and_kept(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    w.edit_stored("anaconda_user", |user| user["schema_version"] = 99.into());
    let before = w.read("terraform.tfstate");
    w.sandbox().clear_requests().await;
    let refusal = w.command_err(&["apply", "-auto-approve"]).await;
    assert!(refusal.contains("newer provider version"), "{refusal}");
    assert!(refusal.contains(USER), "{refusal}");
    assert_eq!(w.read("terraform.tfstate"), before);
    w.assert_nothing_written().await;
    w.edit_stored("anaconda_user", |user| user["schema_version"] = 0.into());
    w.destroy().await;
}

async fn state_of_first_version_plans_no_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    let before = [USER, SEAT, TOKEN].map(|address| w.state(address));
    for kind in ["anaconda_user", "anaconda_seat", "anaconda_token"] {
        w.edit_stored(kind, |object| {
            assert_eq!(object["schema_version"], 0, "{kind}");
            // An attribute that an early version had and this version does not have.
            object["attributes"]["an_attribute_of_old"] = "gone".into();
            // Fields that an early version did not have yet.
            object.as_object_mut().unwrap().remove("identity");
            object.as_object_mut().unwrap().remove("identity_schema_version");
        });
    }
    w.assert_settled().await;
    w.refresh().await;
    assert_eq!([USER, SEAT, TOKEN].map(|address| w.state(address)), before);
    w.destroy().await;
}

async fn identity_of_newer_provider_is_rejected_and_kept(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    w.edit_stored("anaconda_user", |user| user["identity_schema_version"] = 99.into());
    let refusal = w.command_err(&["plan"]).await;
    assert!(refusal.contains("newer"), "{refusal}");
    w.edit_stored("anaconda_user", |user| user["identity_schema_version"] = 0.into());
    w.destroy().await;
}
