//! Users that leave an onboarding. The plan names and counts them, `released_emails` keeps them,
//! and the onboarding never removes a user of another resource.

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, TestEnv};
use crate::hcl::{provider, resource};

on_clis! {
    each_series: [tokens_of_members_survive_added_users],
    oldest_and_newest: [
        plan_names_and_counts_leaving_users,
        destroy_and_replacement_name_removed_users needs [DESTROY_PLANS],
        released_user_moves_to_user_resource needs [IMPORT_BLOCKS],
        imported_but_unreleased_user_is_rejected needs [IMPORT_BLOCKS],
        added_but_unreleased_user_is_rejected,
        user_resource_and_invitation_conflict,
        released_user_moves_to_other_onboarding,
        released_users_stay_and_can_return,
        empty_onboarding_removes_all_users,
        unknown_emails_name_users_who_might_leave needs [TERRAFORM_DATA],
        email_respelling_plans_no_changes,
    ],
}

const TEAM: &str = "anaconda_onboarding.team";
const CALL: &str = "POST users_auto_registration";

fn set(people: &[&str]) -> String {
    let emails: Vec<_> = people.iter().map(|name| format!("\"{name}@example.com\"")).collect();
    format!("[{}]", emails.join(", "))
}

fn onboarding(name: &str, people: &[&str], released: &[&str], more: &str) -> String {
    let (emails, released) = (set(people), set(released));
    let arguments = format!("emails = {emails}\nreleased_emails = {released}\n{more}");
    resource("onboarding", name, &arguments)
}

fn team(people: &[&str]) -> String {
    resource("onboarding", "team", &format!("emails = {}", set(people)))
}

async fn names(w: &TestEnv) -> Vec<String> {
    let users = w.sandbox().users().await.into_iter().filter(|user| user["role"] == "member");
    let name = |user: serde_json::Value| {
        user["email"].as_str().unwrap().trim_end_matches("@example.com").to_owned()
    };
    let mut names: Vec<_> = users.map(name).collect();
    names.sort();
    names
}

fn id(w: &TestEnv, name: &str) -> String {
    w.state(TEAM)["users"][format!("{name}@example.com")]["id"].as_str().unwrap().to_owned()
}

async fn tokens_of_members_survive_added_users(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = |people: &[&str]| {
        let token = "user_id = anaconda_onboarding.team.users[\"ada@example.com\"].id\n\
                     expires_at = \"2090-01-01T00:00:00Z\"\nrevoke_existing = true";
        [team(people), resource("token", "ada", token)].concat()
    };
    w.apply(&hcl(&["ada", "bob"])).await;
    for people in [&["ada", "bob", "carol"][..], &["dan", "ada", "carol"], &["ada"]] {
        let plan = w.apply(&hcl(people)).await;
        assert_eq!(plan.action(TEAM), Action::Update);
        assert_eq!(plan.action("anaconda_token.ada"), Action::NoOp, "{}", plan.text());
    }
    w.destroy().await;
}

async fn plan_names_and_counts_leaving_users(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let all = ["ada", "bob", "carol", "dan", "eve", "fay"];
    w.apply(&team(&all)).await;
    let fewer =
        |limit: u32| [team(&["ada"]), provider(&format!("offboarding_limit = {limit}"))].concat();
    let said = w.plan_err(&fewer(4)).await;
    assert!(said.contains("more than 4 people"), "{said}");
    let plan = w.plan(&fewer(5)).await;
    for name in &all[1..] {
        assert!(
            plan.diagnostics_text().contains(&format!("{name}@example.com")),
            "{name}: {}",
            plan.text()
        );
    }
    assert_eq!(plan.diagnostics_text().matches("removes 5 members").count(), 1, "{}", plan.text());
    assert_eq!(names(&w).await, all);
    w.configure(&team(&all));
    w.destroy().await;
}

async fn destroy_and_replacement_name_removed_users(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"])).await;
    let plan = w.plan_with(&["-destroy"]).await;
    assert!(plan.diagnostics_text().contains("removes 2 members"), "{}", plan.text());
    // Terraform shows the users of a replacement itself, but no warning about its second half.
    let plan = w.plan_with(&["-replace=anaconda_onboarding.team"]).await;
    assert!(plan.text().contains("- status = \"member\""), "{}", plan.text());
    w.configure(&[team(&["ada", "bob"]), provider("offboarding_limit = 1")].concat());
    let said = w.command_err(&["plan", "-replace=anaconda_onboarding.team"]).await;
    assert!(said.contains("more than 1 people"), "{said}");
    w.configure(&team(&["ada", "bob"]));
    w.destroy().await;
}

fn ada_imported(id: &str) -> String {
    let import = format!("import {{\n  to = anaconda_user.ada\n  id = \"{id}\"\n}}\n");
    [import, resource("user", "ada", "email = \"ada@example.com\"")].concat()
}

async fn released_user_moves_to_user_resource(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"])).await;
    let ada = id(&w, "ada");
    w.sandbox().clear_requests().await;
    let released = onboarding("team", &["bob"], &["Ada"], "");
    let plan = w.apply(&[released, ada_imported(&ada)].concat()).await;
    assert!(!plan.diagnostics_text().contains("will be removed"), "{}", plan.text());
    assert_eq!(w.sandbox().writes().await, [""; 0], "nobody was touched");
    assert_eq!(names(&w).await, ["ada", "bob"]);
    w.apply(&[team(&["bob"]), ada_imported(&ada)].concat()).await;
    assert_eq!(names(&w).await, ["ada", "bob"]);
    w.destroy().await;
}

async fn imported_but_unreleased_user_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"])).await;
    let ada = id(&w, "ada");
    for people in [&["bob"][..], &["ada", "bob"]] {
        let hcl = [team(people), ada_imported(&ada)].concat();
        let said = w.plan_err(&hcl).await;
        assert!(said.contains("released_emails") && said.contains("ada@example.com"), "{said}");
    }
    assert_eq!(names(&w).await, ["ada", "bob"]);
    w.destroy().await;
}

async fn added_but_unreleased_user_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"])).await;
    // Both orders: the user after the onboarding, and the user before it.
    let after = "depends_on = [anaconda_onboarding.team]";
    let user = |more: &str| {
        resource(
            "user",
            "ada",
            &format!("email = \"ADA@example.com\"\nadopt_existing = true\n{more}"),
        )
    };
    let behind = format!("emails = {}\ndepends_on = [anaconda_user.ada]", set(&["bob"]));
    for hcl in [
        [team(&["bob"]), user(after)].concat(),
        [resource("onboarding", "team", &behind), user("")].concat(),
    ] {
        let said = w.plan_err(&hcl).await;
        assert!(said.contains("released_emails"), "{said}");
    }
    assert_eq!(names(&w).await, ["ada", "bob"]);
    w.destroy().await;
}

async fn user_resource_and_invitation_conflict(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let user = resource("user", "ada", "email = \"ada@example.com\"");
    let said = w.plan_err(&[team(&["Ada"]), user.clone()].concat()).await;
    assert!(said.contains("ada@example.com") || said.contains("Ada@example.com"), "{said}");
    // An onboarding does not manage a user that was unavailable.
    w.apply(&user).await;
    let said = w.plan_err(&[team(&["ada", "bob"]), user.clone()].concat()).await;
    assert!(said.contains("ada@example.com"), "{said}");
    assert_eq!(names(&w).await, ["ada"]);
    w.destroy().await;
}

async fn released_user_moves_to_other_onboarding(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"])).await;
    let ada = id(&w, "ada");
    w.sandbox().clear_requests().await;
    let other = onboarding("other", &["ada"], &[], &format!("depends_on = [{TEAM}]"));
    let hcl = [onboarding("team", &["bob"], &["ada"], ""), other].concat();
    w.apply(&hcl).await;
    assert_eq!(w.sandbox().writes().await, [""; 0], "nobody was invited or removed");
    let person = w.state("anaconda_onboarding.other")["users"]["ada@example.com"].clone();
    assert_eq!(person, json!({"id": ada, "status": "member"}));
    // The other onboarding now offboards Ada.
    w.destroy().await;
}

async fn released_users_stay_and_can_return(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"])).await;
    let ada = id(&w, "ada");
    w.apply(&onboarding("team", &["bob"], &["ada", "nobody"], "")).await;
    w.apply(&onboarding("team", &["bob"], &[], "")).await;
    assert_eq!(names(&w).await, ["ada", "bob"], "released once, and never removed later");
    let said = w.plan_err(&onboarding("team", &["Ada", "bob"], &["ada"], "")).await;
    assert!(said.contains("in both `emails` and `released_emails`: ada@example.com"), "{said}");
    w.sandbox().remove_user(&ada).await;
    w.destroy().await;
}

async fn empty_onboarding_removes_all_users(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let plan = w.apply(&team(&[])).await;
    assert_eq!(plan.action(TEAM), Action::Create);
    assert_eq!(w.sandbox().writes().await, [""; 0]);
    w.apply(&team(&["ada", "bob"])).await;
    let plan = w.apply(&team(&[])).await;
    assert!(plan.diagnostics_text().contains("removes 2 members"), "{}", plan.text());
    assert_eq!(names(&w).await, [""; 0]);
    assert_eq!(w.state(TEAM)["users"], json!({}));
    w.destroy().await;
}

async fn unknown_emails_name_users_who_might_leave(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"])).await;
    let data = |list: &str| {
        let data = format!("resource \"terraform_data\" \"people\" {{\ninput = {list}\n}}\n");
        let emails = "emails = terraform_data.people.output";
        [data, resource("onboarding", "team", emails)].concat()
    };
    w.sandbox().clear_requests().await;
    let plan = w.apply(&data(&set(&["ada", "carol"]))).await;
    assert!(plan.diagnostics_text().contains("Members might be removed"), "{}", plan.text());
    assert!(
        plan.diagnostics_text().contains("ada@example.com, bob@example.com"),
        "{}",
        plan.text()
    );
    let writes = w.sandbox().writes().await;
    assert_eq!(writes.iter().filter(|it| *it == CALL).count(), 1, "{writes:?}");
    assert_eq!(names(&w).await, ["ada", "carol"]);

    let said = w.apply_err(&data("[\"ada@example.com\", null]")).await;
    assert!(said.contains("One element of `emails` is null"), "{said}");
    assert_eq!(names(&w).await, ["ada", "carol"], "refused before anybody left");
    w.configure(&data(&set(&["ada", "carol"])));
    w.destroy().await;
}

async fn email_respelling_plans_no_changes(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["Ada", "bob"])).await;
    assert!(w.plan(&team(&["aDA", "BOB"])).await.is_empty());
    let plan = w.apply(&team(&["aDA", "BOB", "carol"])).await;
    assert_eq!(plan.after(TEAM, "users")["aDA@example.com"]["status"], "member");
    w.destroy().await;
}
