//! Stable plans: a saved plan applies days later, later plans are empty, and a different spelling
//! of the same value is not a change.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, END, TOKEN, USER, ada_with_token, resource};

on_clis! {
    each_series: [drift_job_exit_code_is_zero_after_apply needs [QUIET_REFRESH]],
    oldest_and_newest: [
        saved_plan_applies_after_token_expired,
        saved_plan_with_past_date_requires_new_plan,
        imported_token_accepts_first_keepers_and_hiding,
        imported_account_accepts_first_keepers_and_hiding,
        unhidden_token_is_issued_again,
        early_renewal_without_effect_plans_no_changes,
        id_and_date_spellings_plan_no_changes,
        keepers_accept_null_and_empty_equals_none,
        replacement_for_unknown_user_is_explained,
        prevent_destroy_error_of_token_gives_advice,
    ],
}

async fn drift_job_exit_code_is_zero_after_apply(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let user = resource(
        "user",
        "ada",
        "email = \"ada@example.com\"\nfirst_name = \"Ada\"\n\
        last_name = \"L\"\nadopt_existing = false\noffboard_on_destroy = true\n\
        timeouts {\n  create = \"5m\"\n  delete = \"5m\"\n}",
    );
    let seat = resource(
        "seat",
        "ada",
        "user_id = anaconda_user.ada.id\n\
        send_seat_assigned_email = true\ntimeouts {\n  create = \"1m\"\n}",
    );
    let more = resource(
        "token",
        "ada",
        "user_id = anaconda_seat.ada.user_id\n\
        sync_with_subscription = true\nearly_renewal_hours = 24\nrenewal_triggers = { a = \"1\" }\n\
        expiration_tolerance_months = 3\nsend_token_email = true\nkeepers = { a = \"1\", b = null }\n\
        revoke_existing = true\nrecreate_if_invalid = true\nhide_token = false",
    );
    let people = resource(
        "onboarding",
        "all",
        "emails = [\"kim@example.com\"]\n\
        triggers = { a = \"1\" }\ntimeouts {\n  create = \"1m\"\n}",
    );
    // The configuration has no data source. With a data source of any provider, Terraform 1.15
    // exits with code 2.
    let seats =
        "output \"seats\" {\n  value = anaconda_onboarding.all.total_organization_seats\n}\n";
    w.apply(&[&user, &seat, &more, &people, seats].concat()).await;
    let (code, said) = w.drift().await;
    assert_eq!(code, Some(0), "{said}");
    w.destroy().await;
}

async fn saved_plan_applies_after_token_expired(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_now("2039-12-01T00:00:00Z").await;
    w.apply(&ada_with_token(END)).await;
    let before = w.text(TOKEN, "token");
    let plan = w.plan(&ada_with_token(&format!("{END}\nkeepers = {{ a = \"1\" }}"))).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    w.set_now("2040-02-01T00:00:00Z").await;
    w.apply_saved().await.unwrap();
    assert_eq!(w.text(TOKEN, "token"), before);
    w.destroy().await;
}

async fn saved_plan_with_past_date_requires_new_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_now("2039-12-01T00:00:00Z").await;
    w.plan(&ada_with_token(END)).await;
    w.set_now("2040-02-01T00:00:00Z").await;
    let said = w.apply_saved().await.unwrap_err();
    assert!(said.contains("Invalid expiration date") && said.contains("plan again"), "{said}");
    assert!(!said.contains("inconsistent"), "{said}");
    // `terraform destroy` also plans missing objects before it removes existing ones.
    let said = w.command_err(&["destroy", "-auto-approve"]).await;
    assert!(said.contains("terraform destroy -refresh=false"), "{said}");
    w.configure(&[ADA, ADA_SEAT].concat());
    w.destroy().await;
}

async fn imported_token_accepts_first_keepers_and_hiding(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    let id = format!("{}/{}", w.text(USER, "id"), w.text(TOKEN, "id"));
    w.command(&["state", "rm", TOKEN]).await;
    let hcl = ada_with_token(&format!("{END}\nkeepers = {{ round = \"1\" }}\nhide_token = true"));
    w.import(&hcl, TOKEN, &id.to_uppercase()).await;
    w.sandbox().clear_requests().await;
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(TOKEN), Action::Update, "{}", plan.text());
    assert!(w.sandbox().writes().await.is_empty());
    assert_eq!(w.state(TOKEN)["keepers"], json!({"round": "1"}));
    let plan = w.plan(&hcl.replace("round = \"1\"", "round = \"2\"")).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    w.destroy().await;
}

async fn imported_account_accepts_first_keepers_and_hiding(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let id = w.sandbox().add_service_account("ci").await;
    let keepers = "name = \"ci\"\nkeepers = { a = \"1\" }\nhide_client_secret = true";
    let hcl = resource("service_account", "ci", keepers);
    let address = "anaconda_service_account.ci";
    w.import(&hcl, address, &id).await;
    w.sandbox().clear_requests().await;
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(address), Action::Update, "{}", plan.text());
    assert!(w.sandbox().writes().await.is_empty());
    let plan = w.plan(&hcl.replace("hide_client_secret = true", "")).await;
    assert_eq!(plan.action(address), Action::Replace, "nobody knows the secret any more");
    w.destroy().await;
}

async fn unhidden_token_is_issued_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hidden = ada_with_token(&format!("{END}\nhide_token = true"));
    w.apply(&ada_with_token(END)).await;
    let id = w.text(TOKEN, "id");
    let plan = w.apply(&hidden).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    assert_eq!((&w.state(TOKEN)["token"], w.text(TOKEN, "id")), (&Value::Null, id));
    let plan = w.apply(&ada_with_token(END)).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert!(w.state(TOKEN)["token"].is_string());
    w.destroy().await;
}

async fn early_renewal_without_effect_plans_no_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.set_now("2040-06-19T00:00:00Z").await;
    w.sandbox().set(json!({"subscription_end": "2040-06-30T00:00:00Z"})).await;
    let hcl = ada_with_token("sync_with_subscription = true\nearly_renewal_hours = 720");
    w.apply(&hcl).await;
    // Two days later, the provider tries the renewal once more, and later plans are empty again.
    w.set_now("2040-06-21T00:00:00Z").await;
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(TOKEN), Action::Update);
    w.destroy().await;
}

async fn id_and_date_spellings_plan_no_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = |user: &str, end: &str| {
        let seat = resource("seat", "ada", &format!("user_id = {user}(anaconda_user.ada.id)"));
        let end = format!("expires_at = \"{end}\"");
        let token = format!("user_id = {user}(anaconda_seat.ada.user_id)\n{end}");
        [ADA, &seat, &resource("token", "ada", &token)].concat()
    };
    w.apply(&hcl("upper", "2040-01-01T00:00:00.123456789Z")).await;
    assert_eq!(w.text(TOKEN, "user_id"), w.text(USER, "id").to_uppercase());
    for end in ["2040-01-01T01:00:00.123456+01:00", "9999-12-31T23:59:59Z"] {
        w.apply(&hcl("lower", end)).await;
    }
    w.destroy().await;
}

async fn keepers_accept_null_and_empty_equals_none(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&ada_with_token(END)).await;
    let before = w.text(TOKEN, "id");
    for maps in
        ["keepers = {}\nrenewal_triggers = {}", "", "keepers = { r = null }\nrenewal_triggers = {}"]
    {
        w.sandbox().clear_requests().await;
        w.apply(&ada_with_token(&format!("{END}\n{maps}"))).await;
        assert!(w.sandbox().writes().await.is_empty(), "{maps}");
    }
    assert_eq!(w.text(TOKEN, "id"), before);
    w.destroy().await;
}

async fn replacement_for_unknown_user_is_explained(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let looked_up = |more: &str| {
        let data = format!(
            "data \"anaconda_user\" \"ada\" {{\n  email = \"ada@example.com\"\n{more}\n}}\n"
        );
        let token = format!("user_id = data.anaconda_user.ada.id\n{END}");
        [ADA, &data, &resource("token", "ada", &token)].concat()
    };
    w.apply(ADA).await;
    w.apply(&looked_up("")).await;
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    let plan = w.plan(&(looked_up("  depends_on = [anaconda_user.bob]") + &bob)).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    let said = plan.diagnostics_text();
    assert!(said.contains("of an unknown value") && said.contains("depends_on"), "{said}");
    assert!(said.contains("the provider revokes the token"), "{said}");
    w.destroy().await;
}

async fn prevent_destroy_error_of_token_gives_advice(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = ada_with_token(&format!("{END}\nlifecycle {{\n  prevent_destroy = true\n}}"));
    w.apply(&hcl).await;
    w.sandbox().revoke_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    let said = w.plan_err(&hcl).await;
    assert!(said.contains("recreate_if_invalid = false"), "{said}");
    w.apply(&ada_with_token(&format!("{END}\nrecreate_if_invalid = false"))).await;
    w.destroy().await;
}
