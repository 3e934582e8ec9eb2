//! `timeouts` blocks limit the duration of operations and change nothing else.

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, SEAT, USER, resource};

on_clis! {
    each_series: [changed_timeouts_plan_no_changes],
    oldest_and_newest: [invalid_duration_is_rejected_in_plan],
}

fn timed(create: &str) -> String {
    let user = format!(
        "email = \"ada@example.com\"\ntimeouts {{\n  create = \"{create}\"\n  delete = \"2m\"\n}}"
    );
    let seat = format!("user_id = anaconda_user.ada.id\ntimeouts {{\n  create = \"{create}\"\n}}");
    let onboarding =
        format!("emails = [\"bob@example.com\"]\ntimeouts {{\n  create = \"{create}\"\n}}");
    [
        resource("user", "ada", &user),
        resource("seat", "ada", &seat),
        resource("onboarding", "team", &onboarding),
    ]
    .concat()
}

async fn changed_timeouts_plan_no_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&timed("1m30s")).await;
    let id = w.text(USER, "id");
    w.import_verify(ADA, USER, &id, &["timeouts"]).await;
    let alone = resource("seat", "ada", &format!("user_id = \"{id}\""));
    w.import_verify(&alone, SEAT, &id, &["timeouts"]).await;

    // A changed timeout changes only the state, and so does a removed one.
    w.sandbox().clear_requests().await;
    let plan = w.apply(&timed("2h")).await;
    assert!(plan.actions().values().all(|action| *action == Action::Update), "{}", plan.text());
    let onboarding = resource("onboarding", "team", "emails = [\"bob@example.com\"]");
    w.apply(&[ADA, ADA_SEAT, &onboarding].concat()).await;
    assert!(w.sandbox().writes().await.is_empty());
    w.destroy().await;
}

async fn invalid_duration_is_rejected_in_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for kind in ["user", "seat", "onboarding"] {
        for wrong in ["soon", "-5s"] {
            let argument = match kind {
                "user" => "email = \"ada@example.com\"",
                "seat" => "user_id = \"00000000-0000-4000-8000-000000000000\"",
                _ => "emails = [\"ada@example.com\"]",
            };
            let block = format!("{argument}\ntimeouts {{\n  create = \"{wrong}\"\n}}");
            let refusal = w.plan_err(&resource(kind, "ada", &block)).await;
            assert!(refusal.contains("is not a valid duration"), "{kind}, {wrong}: {refusal}");
        }
    }
    let unknown =
        "user_id = \"00000000-0000-4000-8000-000000000000\"\ntimeouts {\n  delete = \"1m\"\n}";
    let refusal = w.plan_err(&resource("seat", "ada", unknown)).await;
    assert!(
        refusal.contains("Unsupported argument"),
        "freeing a seat waits for nothing: {refusal}"
    );
    assert!(w.sandbox().requests().await.is_empty(), "nobody had to be asked");
    w.destroy().await;
}
