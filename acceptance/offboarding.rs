//! Users that a plan removes: the offboarding limit, the last admin, and the service account of the
//! provider.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{ADA, TOKEN, USER, provider, resource};
use crate::needs::{DESTROY_PLANS, REFRESHED_REMOVALS, UNPLANNED_REMOVALS};

on_clis! {
    each_series: [plan_above_offboarding_limit_is_one_error needs [DESTROY_PLANS]],
    oldest_and_newest: [
        before_1_3_offboarding_limit_applies_during_apply,
        replaced_users_count_toward_offboarding_limit,
        managed_users_never_count_toward_limit needs [DESTROY_PLANS],
        invalid_offboarding_limit_is_rejected,
        users_leaving_onboarding_count_toward_limit,
        onboarded_user_cannot_have_second_address,
        plan_without_remaining_admin_is_rejected needs [DESTROY_PLANS],
        plan_warns_about_replaced_admin,
        replacement_of_own_service_account_is_rejected,
        plan_describes_token_removal_correctly needs [DESTROY_PLANS],
        user_with_changed_email_stays_same_user,
        unlisted_new_email_requires_replacement,
    ],
}

const PEOPLE: [&str; 4] = ["ada", "bob", "cyd", "dan"];
const EXCEEDED: &str = "Offboarding limit exceeded";

/// Returns one user resource for each name.
fn people(names: &[&str]) -> String {
    names
        .iter()
        .map(|name| resource("user", name, &format!("email = \"{name}@example.com\"")))
        .collect()
}

fn limited(names: &[&str], limit: u32) -> String {
    [people(names), provider(&format!("offboarding_limit = {limit}"))].concat()
}

async fn plan_above_offboarding_limit_is_one_error(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&limited(&PEOPLE, 2)).await;
    w.configure(&limited(&[], 2));
    for more in [&["plan"][..], &["plan", "-parallelism=1"], &["plan", "-refresh=false"]] {
        let said = w.command_err(more).await;
        assert_eq!(said.matches(EXCEEDED).count(), 1, "{said}");
        for part in ["more than 2 people", "ANACONDA_OFFBOARDING_LIMIT", "@example.com"] {
            assert!(said.contains(part), "{part} is not in: {said}");
        }
    }
    w.configure(&limited(&PEOPLE, 2));
    for more in [&["destroy", "-auto-approve"][..], &["plan", "-destroy"]] {
        let said = w.command_err(more).await;
        assert_eq!(said.matches(EXCEEDED).count(), 1, "{said}");
    }
    w.assert_nobody_removed().await;
    // The plan can remove two users. The environment variable applies if the provider block sets no
    // limit.
    let plan = w.apply(&limited(&["ada", "bob"], 2)).await;
    assert_eq!(plan.action("anaconda_user.cyd"), Action::Delete);
    w.set_env("ANACONDA_OFFBOARDING_LIMIT", "0");
    let said = w.plan_err(&people(&["ada"])).await;
    assert!(said.contains("more than 0 people"), "{said}");
    w.plan(&limited(&["ada"], 1)).await;
    w.unset_env("ANACONDA_OFFBOARDING_LIMIT");
    w.configure(&people(&["ada", "bob"]));
    w.destroy().await;
}

async fn before_1_3_offboarding_limit_applies_during_apply(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&limited(&PEOPLE, 2)).await;
    let said = w.apply_err(&limited(&[], 2)).await;
    let left = w.sandbox().users().await.len() - 1;
    if UNPLANNED_REMOVALS.is_met_by(&cli) {
        assert_eq!(said.matches("Offboarding limit reached").count(), 2, "{said}");
        assert_eq!(left, 2);
    } else {
        assert_eq!(said.matches(EXCEEDED).count(), 1, "{said}");
        assert_eq!(left, 4);
    }
    w.configure("");
    w.destroy().await;
}

async fn replaced_users_count_toward_offboarding_limit(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&limited(&["ada", "bob"], 1)).await;
    let others = limited(&["ada", "bob"], 1).replace("@example.com", "@example.org");
    let said = w.plan_err(&others).await;
    assert_eq!(said.matches(EXCEEDED).count(), 1, "{said}");
    w.configure(&limited(&["ada", "bob"], 1));
    let both = ["plan", "-replace=anaconda_user.ada", "-replace=anaconda_user.bob"];
    let said = w.command_err(&both).await;
    assert_eq!(said.matches(EXCEEDED).count(), 1, "{said}");
    let plan = w.plan_with(&["-replace=anaconda_user.ada"]).await;
    assert_eq!(plan.action(USER), Action::Replace);
    w.assert_nobody_removed().await;
    w.configure(&people(&["ada", "bob"]));
    w.destroy().await;
}

async fn managed_users_never_count_toward_limit(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let managed = resource("user", "server", "first_name = \"Jupyter\"");
    w.apply(&[managed, limited(&["ada"], 1)].concat()).await;
    w.apply(&limited(&[], 1)).await;
    w.destroy().await;
}

async fn invalid_offboarding_limit_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let refusal = w.plan_err(&[ADA, &provider("offboarding_limit = -1")].concat()).await;
    assert!(refusal.contains("whole number from 0"), "{refusal}");
    w.set_env("ANACONDA_OFFBOARDING_LIMIT", "few");
    let refusal = w.plan_err(ADA).await;
    assert!(refusal.contains("ANACONDA_OFFBOARDING_LIMIT"), "{refusal}");
    w.unset_env("ANACONDA_OFFBOARDING_LIMIT");
    w.destroy().await;
}

/// Makes these users admins and all other users members.
async fn change_admins(w: &TestEnv, admins: &[String]) {
    for user in w.sandbox().users().await {
        let id = user["id"].as_str().unwrap().to_owned();
        let role = if admins.contains(&id) { "admin" } else { "member" };
        w.sandbox().change_user(&id, json!({ "role": role })).await;
    }
}

async fn plan_without_remaining_admin_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let before: Vec<_> = w.sandbox().users().await;
    let before = before.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect::<Vec<_>>();
    w.apply(&people(&["ada", "bob", "cyd"])).await;
    let ids = [USER, "anaconda_user.bob"].map(|it| w.text(it, "id"));
    change_admins(&w, &ids).await;
    let plan = w.plan(&people(&["ada", "cyd"])).await;
    assert!(
        plan.diagnostics_text().contains("Organization admin will be removed"),
        "{}",
        plan.text()
    );
    for arguments in [&["plan"][..], &["plan", "-parallelism=1"], &["plan", "-refresh=false"]] {
        w.configure(&people(&["cyd"]));
        let said = w.command_err(arguments).await;
        assert_eq!(said.matches("No admin would be left").count(), 1, "{said}");
    }
    // A replacement also removes both admins, because the new users are not admins.
    w.configure(&people(&["ada", "bob", "cyd"]));
    let both = ["plan", "-replace=anaconda_user.ada", "-replace=anaconda_user.bob"];
    let said = w.command_err(&both).await;
    assert_eq!(said.matches("No admin would be left").count(), 1, "{said}");
    let said = w.command_err(&["destroy", "-auto-approve"]).await;
    assert_eq!(said.matches("No admin would be left").count(), 1, "{said}");
    w.assert_nobody_removed().await;
    change_admins(&w, &before).await;
    w.destroy().await;
}

async fn plan_warns_about_replaced_admin(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    w.sandbox().change_user(&w.text(USER, "id"), json!({"role": "admin"})).await;
    let plan = w.plan(&ADA.replace("ada@", "lovelace@")).await;
    assert!(
        plan.diagnostics_text().contains("Organization admin will be removed"),
        "{}",
        plan.text()
    );
    // With `-replace`, only the second plan call shows the replacement, and Terraform drops its
    // warnings. Terraform reports errors of that call: see
    // `plan_without_remaining_admin_is_rejected`.
    let plan = w.plan(ADA).await;
    assert!(
        !plan.diagnostics_text().contains("Organization admin will be removed"),
        "{}",
        plan.text()
    );
    w.destroy().await;
}

async fn replacement_of_own_service_account_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let account = |at: u32, more: &str| {
        let rest = format!("name_prefix = \"ci-\"\nkeepers = {{ at = \"{at}\" }}\n{more}");
        resource("service_account", "own", &rest)
    };
    w.apply(&account(1, "")).await;
    let [id, secret] =
        ["client_id", "client_secret"].map(|it| w.text("anaconda_service_account.own", it));
    let before = w.environment().to_vec();
    w.set_env("ANACONDA_CLIENT_ID", &id);
    w.set_env("ANACONDA_CLIENT_SECRET", &secret);
    let refused = "Service account in use by the provider";
    for more in ["", "lifecycle {\n  create_before_destroy = true\n}"] {
        let said = w.plan_err(&account(2, more)).await;
        assert_eq!(said.matches(refused).count(), 1, "{said}");
        w.configure(&account(1, more));
        let said = w.command_err(&["plan", "-replace=anaconda_service_account.own"]).await;
        assert_eq!(said.matches(refused).count(), 1, "{said}");
    }
    w.apply(&account(1, "")).await;
    for name in ["ANACONDA_CLIENT_ID", "ANACONDA_CLIENT_SECRET"] {
        let value = before.iter().find(|it| it.0 == name).unwrap().1.clone();
        w.set_env(name, &value);
    }
    w.apply(&account(2, "")).await;
    w.destroy().await;
}

async fn plan_describes_token_removal_correctly(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let warning = "User might have no active token";
    let token = |user: &str, more: &str| {
        let rest = format!(
            "user_id = anaconda_user.{user}.id\nexpires_at = \"2090-01-31T00:00:00Z\"\n{more}"
        );
        resource("token", "ada", &rest)
    };
    let users = people(&["ada", "bob"]);
    w.apply(&[users.as_str(), &token("ada", "keepers = { at = \"1\" }")].concat()).await;
    let plan = w.plan(&users).await;
    assert!(plan.diagnostics_text().contains(warning), "{}", plan.text());
    let plan = w.plan(&[users.as_str(), &token("bob", "")].concat()).await;
    assert!(plan.diagnostics_text().contains(warning), "Ada has none then: {}", plan.text());
    let plan = w.plan(&[users.as_str(), &token("ada", "keepers = { at = \"2\" }")].concat()).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert!(!plan.diagnostics_text().contains(warning), "she gets another: {}", plan.text());
    // The removal of an inactive token needs no warning.
    w.sandbox().revoke_token(&w.text(USER, "id"), &w.text(TOKEN, "id")).await;
    if REFRESHED_REMOVALS.is_met_by(&cli) {
        let plan = w.plan(&users).await;
        assert!(!plan.diagnostics_text().contains(warning), "{}", plan.text());
    }
    w.configure(&users);
    w.destroy().await;
}

fn at(address: &str) -> String {
    resource("user", "ada", &format!("email = \"{address}\""))
}

async fn user_with_changed_email_stays_same_user(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&at("Ada@example.com")).await;
    let id = w.text(USER, "id");
    w.sandbox().change_user(&id, json!({"email": "ada.king@example.org"})).await;
    w.sandbox().clear_requests().await;
    for _ in 0..2 {
        w.assert_settled().await;
        let plan = w.plan(&at("Ada@example.com")).await;
        assert!(plan.is_empty(), "{:?}", plan.actions());
        assert!(
            plan.diagnostics_text().contains("Email address changed outside of Terraform"),
            "{}",
            plan.text()
        );
        assert!(plan.diagnostics_text().contains("ada.king@example.org"), "{}", plan.text());
        w.refresh().await;
        assert_eq!(w.text(USER, "email"), "Ada@example.com");
    }
    for more in [&[][..], &["-refresh=false"]] {
        w.configure(&at("ADA.King@example.org"));
        let plan = w.plan_with(more).await;
        assert_eq!(plan.action(USER), Action::Update, "{more:?}");
    }
    w.apply_present().await;
    assert_eq!(w.text(USER, "email"), "ADA.King@example.org");
    assert_eq!(w.text(USER, "id"), id);
    let plan = w.plan(&at("ada.king@example.org")).await;
    assert!(!plan.diagnostics_text().contains("Email address changed"), "{}", plan.text());
    w.assert_nothing_written().await;
    w.destroy().await;
}

async fn unlisted_new_email_requires_replacement(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&at("ada@example.com")).await;
    let id = w.text(USER, "id");
    w.sandbox().change_user(&id, json!({"email": "ada.king@example.org"})).await;
    let plan = w.apply(&at("lovelace@example.org")).await;
    assert_eq!(plan.action(USER), Action::Replace);
    assert_ne!(w.text(USER, "id"), id);
    // The member that now has the old email address is a different user.
    w.sandbox().add_user(json!({"email": "ada@example.com"})).await;
    assert!(w.sandbox().user("ada.king@example.org").await.is_none());
    let other = w.sandbox().user("ada@example.com").await.unwrap();
    w.sandbox().remove_user(other["id"].as_str().unwrap()).await;
    w.destroy().await;
}

/// Returns an onboarding of these people. The apply waits until they are members.
fn onboarding(names: &[&str]) -> String {
    let emails: Vec<_> = names.iter().map(|name| format!("\"{name}@example.com\"")).collect();
    resource("onboarding", "team", &format!("emails = [{}]", emails.join(", ")))
}

async fn users_leaving_onboarding_count_toward_limit(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let limit = provider("offboarding_limit = 2");
    let all = [onboarding(&PEOPLE), limit.clone()].concat();
    w.apply(&all).await;
    let said = w.plan_err(&[onboarding(&["ada"]), limit.clone()].concat()).await;
    assert_eq!(said.matches(EXCEEDED).count(), 1, "{said}");
    assert!(said.contains("more than 2 people"), "{said}");
    if DESTROY_PLANS.is_met_by(&cli) {
        let said = w.plan_err(&limit).await;
        assert_eq!(said.matches(EXCEEDED).count(), 1, "{said}");
    }
    w.assert_nobody_removed().await;
    w.apply(&[onboarding(&["ada", "bob"]), limit].concat()).await;
    w.destroy().await;
}

async fn onboarded_user_cannot_have_second_address(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&onboarding(&["ada", "bob"])).await;
    let ada = resource("user", "ada", "email = \"ada@example.com\"\nadopt_existing = true");
    for names in [&["ada", "bob"][..], &["bob"]] {
        for more in [&["plan"][..], &["plan", "-parallelism=1"]] {
            w.configure(&[onboarding(names), ada.clone()].concat());
            let said = w.command_err(more).await;
            assert!(said.contains("released_emails") && said.contains("ada@example.com"), "{said}");
        }
    }
    w.import(&[onboarding(&["ada", "bob"]), ada.clone()].concat(), USER, "ada@example.com").await;
    let plan = w.plan_with(&[]).await;
    assert!(
        plan.diagnostics_text().contains("Object is managed at two addresses"),
        "{}",
        plan.text()
    );
    let said = w.plan_err(&[onboarding(&["bob"]), ada.clone()].concat()).await;
    assert!(said.contains("released_emails") && said.contains("ada@example.com"), "{said}");
    w.assert_nobody_removed().await;
    w.configure(&onboarding(&["ada", "bob"]));
    w.command(&["state", "rm", USER]).await;
    w.destroy().await;
}
