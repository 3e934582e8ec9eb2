//! `anaconda_onboarding`: invited users, unavailable users, removed users, and unaffected users.

use serde_json::{Value, json};

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, Options, Plan, TestEnv, list};
use crate::hcl::resource;

on_clis! {
    each_series: [onboarding_adds_extends_and_removes_users],
    oldest_and_newest: [
        unavailable_users_are_named_and_plan_is_empty,
        onboarding_without_seats_continues_in_later_apply,
        onboarding_timeout_names_users_and_plan_is_empty,
        zero_timeout_onboarding_completes_at_refresh,
        externally_removed_member_is_planned_again,
        onboarding_without_offboarding_removes_only_users,
        plan_warns_about_removed_pending_users needs [DESTROY_PLANS],
        onboarding_works_with_legacy_api,
        invalid_onboarding_emails_are_rejected_in_plan,
    ],
}

const TEAM: &str = "anaconda_onboarding.team";
const CALL: &str = "POST users_auto_registration";

/// The three steps of offboarding, in order.
const OFFBOARDING: [&str; 3] =
    ["DELETE users/*/tokens/*", "DELETE users/*/seats", "DELETE users/*"];

/// Returns an onboarding of these people at `example.com`, with more arguments.
fn team(people: &[&str], more: &str) -> String {
    let emails: Vec<_> = people.iter().map(|name| format!("\"{name}@example.com\"")).collect();
    resource("onboarding", "team", &format!("emails = [{}]\n{more}", emails.join(", ")))
}

/// Returns the status of one person in the state.
fn status(w: &TestEnv, name: &str) -> Value {
    w.state(TEAM)["users"][format!("{name}@example.com")]["status"].clone()
}

/// Returns the planned status of one person, or `None` if it is unknown.
fn status_planned(plan: &Plan, name: &str) -> Option<String> {
    let users = plan.after(TEAM, "users");
    Some(users[format!("{name}@example.com")]["status"].as_str()?.to_owned())
}

/// Returns the names in each onboarding request, and clears the recorded requests.
async fn asked_for(w: &TestEnv) -> Vec<Vec<String>> {
    let bodies = w.sandbox().bodies(CALL).await;
    w.sandbox().clear_requests().await;
    let name = |email: &Value| email.as_str().unwrap().trim_end_matches("@example.com").to_owned();
    let names = |body: &Value| {
        let mut names: Vec<_> = list(body, "user_emails").iter().map(name).collect();
        names.sort();
        names
    };
    bodies.iter().map(names).collect()
}

/// Returns the name and the ID of each member, without the admin.
async fn members(w: &TestEnv) -> Vec<(String, String)> {
    let users = w.sandbox().users().await.into_iter().filter(|user| user["role"] == "member");
    let mut members: Vec<_> = users
        .map(|user| {
            let email = user["email"].as_str().unwrap().trim_end_matches("@example.com");
            (email.to_owned(), user["id"].as_str().unwrap().to_owned())
        })
        .collect();
    members.sort();
    members
}

async fn names(w: &TestEnv) -> Vec<String> {
    members(w).await.into_iter().map(|(name, _)| name).collect()
}

async fn onboarding_adds_extends_and_removes_users(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"onboarding_delay_seconds": 1})).await;
    let plan = w.apply(&team(&["ada", "bob"], "")).await;
    assert_eq!(plan.action(TEAM), Action::Create);
    assert_eq!(status_planned(&plan, "ada"), None);
    assert_eq!(w.sandbox().writes().await, [CALL]);
    assert_eq!(asked_for(&w).await, [["ada", "bob"]]);
    for (name, id) in members(&w).await {
        assert_eq!(status(&w, &name), "member");
        assert_eq!(w.state(TEAM)["users"][format!("{name}@example.com")]["id"], id);
    }
    assert_eq!(w.state(TEAM)["total_organization_seats"], 10);
    assert_eq!(w.state(TEAM)["available_organization_seats"], 8);

    // A different spelling is the same person.
    let plan = w.apply(&team(&["Ada", "bob"], "")).await;
    assert_eq!(plan.action(TEAM), Action::NoOp);

    let before = members(&w).await;
    w.sandbox().clear_requests().await;
    let plan = w.apply(&team(&["ada", "BOB", "carol"], "")).await;
    assert_eq!(plan.action(TEAM), Action::Update);
    assert_eq!(w.sandbox().writes().await, [CALL]);
    assert_eq!(asked_for(&w).await, [["carol"]], "the others are there");
    assert_eq!(members(&w).await[..2], before);
    assert_eq!(status(&w, "BOB"), "member", "as it is written now");

    assert_eq!(status_planned(&plan, "ada"), Some("member".into()), "who stays is known");
    let plan = w.apply(&team(&["ada", "carol"], "")).await;
    assert!(plan.diagnostics_text().contains("removes 1 members"), "{}", plan.text());
    assert!(plan.diagnostics_text().contains(": BOB@example.com."), "{}", plan.text());
    assert_eq!(w.sandbox().writes().await, OFFBOARDING, "one person, in order");
    assert_eq!(names(&w).await, ["ada", "carol"]);
    w.destroy().await;
}

async fn unavailable_users_are_named_and_plan_is_empty(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"accounts": ["has@example.com"]})).await;
    let stranger = w.sandbox().add_user(json!({"email": "here@example.com", "seat": true})).await;
    let hcl = |more: &str| team(&["ada", "has", "here"], more);
    let (_, said) = w.apply_unchecked(&hcl("")).await;
    assert!(said.contains("unavailable: has@example.com, here@example.com"), "{said}");
    assert!(said.contains("anaconda_user"), "the way out is named: {said}");
    assert_eq!((status(&w, "ada"), status(&w, "has")), ("member".into(), "unavailable".into()));
    let ada = members(&w).await.remove(0);

    w.assert_settled().await;
    w.sandbox().clear_requests().await;
    let plan = w.plan(&hcl("")).await;
    assert!(plan.is_empty(), "{}", plan.text());
    assert!(plan.diagnostics_text().contains("unavailable: has@example.com, here@example.com"));
    assert!(plan.diagnostics_text().contains("change `triggers`"), "{}", plan.text());

    w.sandbox().set(json!({"accounts": []})).await;
    let again = "triggers = { again = \"1\", never = null }";
    let plan = w.apply(&hcl(again)).await;
    assert_eq!(status_planned(&plan, "ada"), Some("member".into()));
    assert_eq!(status_planned(&plan, "has"), None);
    assert_eq!(w.sandbox().writes().await, [CALL], "nobody was removed");
    assert_eq!(asked_for(&w).await, [["has", "here"]], "exactly those who are missing");
    assert_eq!((status(&w, "has"), status(&w, "here")), ("member".into(), "unavailable".into()));
    assert!(members(&w).await.contains(&ada));

    // The onboarding does not manage a previous member, even if the provider invited that user.
    w.apply("").await;
    assert_eq!(members(&w).await, [("here".to_owned(), stranger.clone())]);
    w.sandbox().remove_user(&stranger).await;
    w.destroy().await;
}

async fn onboarding_without_seats_continues_in_later_apply(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { seats: 2, ..Options::default() }).await;
    let hcl = |more: &str| team(&["ada", "bob", "carol"], more);
    let (_, said) = w.apply_unchecked(&hcl("")).await;
    assert!(said.contains("Users unavailable for onboarding"), "{said}");
    assert!(said.contains("available seats after the last invitation: 0"), "{said}");
    let first = members(&w).await;
    assert_eq!(first.len(), 2);
    assert_eq!(w.state(TEAM)["available_organization_seats"], 0);
    w.assert_settled().await;

    w.sandbox().set(json!({"seats": 3})).await;
    w.sandbox().clear_requests().await;
    w.apply(&hcl("triggers = { seats = \"3\" }")).await;
    assert_eq!(w.sandbox().writes().await, [CALL]);
    let asked = asked_for(&w).await.concat();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!(names(&w).await, ["ada", "bob", "carol"]);
    assert!(first.iter().all(|(name, _)| *name != asked[0]));
    w.destroy().await;
}

async fn onboarding_timeout_names_users_and_plan_is_empty(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"never_arrive": ["lost@example.com"]})).await;
    let hcl =
        |more: &str| team(&["ada", "lost"], &format!("timeouts {{\ncreate = \"1s\"\n}}\n{more}"));
    let (_, said) = w.apply_unchecked(&hcl("")).await;
    assert!(said.contains("after 1 seconds: lost@example.com"), "{said}");
    assert_eq!((status(&w, "ada"), status(&w, "lost")), ("member".into(), "in_process".into()));
    w.assert_settled().await;
    let plan = w.plan(&hcl("")).await;
    assert!(plan.diagnostics_text().contains("not members of the organization: lost@example.com"));

    w.sandbox().set(json!({"never_arrive": []})).await;
    w.sandbox().clear_requests().await;
    w.apply(&hcl("triggers = { again = \"1\" }")).await;
    assert_eq!(asked_for(&w).await, [["lost"]]);
    assert_eq!(status(&w, "lost"), "member");

    // Missing and empty `triggers` are equal, so the provider invites no one.
    w.sandbox().clear_requests().await;
    w.apply(&hcl("triggers = {}")).await;
    w.apply(&hcl("")).await;
    assert_eq!(asked_for(&w).await, Vec::<Vec<String>>::new());
    w.destroy().await;
}

async fn zero_timeout_onboarding_completes_at_refresh(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let never = json!(["lost@example.com"]);
    w.sandbox().set(json!({"onboarding_delay_seconds": 3600, "never_arrive": never})).await;
    let hcl =
        |people: &[&str], more: &str| team(people, &format!("wait_for_completion = false\n{more}"));
    w.apply(&hcl(&["ada", "lost"], "")).await;
    assert_eq!((status(&w, "ada"), status(&w, "lost")), ("in_process".into(), "in_process".into()));

    // The provider does not invite a person again while the invitation is in process.
    w.sandbox().clear_requests().await;
    w.apply(&hcl(&["ada", "bob", "lost"], "")).await;
    assert_eq!(asked_for(&w).await, [["bob"]]);

    w.sandbox().set(json!({"now": "2090-01-01T00:00:00Z"})).await;
    w.refresh().await;
    assert_eq!((status(&w, "ada"), status(&w, "lost")), ("member".into(), "in_process".into()));
    w.assert_settled().await;

    let plan = w.apply(&hcl(&["ada", "bob", "lost"], "triggers = { again = \"1\" }")).await;
    assert_eq!(plan.action(TEAM), Action::Update);
    assert_eq!(asked_for(&w).await, [["lost"]], "a trigger asks for those who are missing");
    w.destroy().await;
}

async fn externally_removed_member_is_planned_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let hcl = team(&["ada", "bob"], "");
    w.apply(&hcl).await;
    let ada = members(&w).await.remove(0).1;
    w.sandbox().remove_user(&ada).await;
    w.sandbox().clear_requests().await;
    w.advance_one_hour();
    let plan = w.apply(&hcl).await;
    assert_eq!(plan.action(TEAM), Action::Update);
    assert_eq!(plan.before(TEAM, "emails"), json!(["bob@example.com"]));
    assert_eq!(w.sandbox().writes().await, [CALL]);
    assert_eq!(asked_for(&w).await, [["ada"]]);

    // The user is removed out of band again, before the destroy removes all others.
    w.sandbox().remove_user(&members(&w).await.remove(0).1).await;
    w.destroy().await;
}

async fn onboarding_without_offboarding_removes_only_users(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&team(&["ada", "bob"], "")).await;
    w.sandbox().clear_requests().await;
    let plan = w.apply(&team(&["ada", "bob"], "offboard_on_destroy = false")).await;
    assert_eq!(plan.action(TEAM), Action::Update);
    assert!(w.sandbox().writes().await.is_empty(), "it matters later");
    w.apply(&team(&["ada"], "offboard_on_destroy = false")).await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*"]);
    assert_eq!(names(&w).await, ["ada"]);
    w.destroy().await;
}

async fn plan_warns_about_removed_pending_users(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.sandbox().set(json!({"onboarding_delay_seconds": 3600})).await;
    let hcl = |people: &[&str]| team(people, "wait_for_completion = false");
    w.apply(&hcl(&["ada", "bob"])).await;
    let (_, said) = w.apply_unchecked(&hcl(&["ada"])).await;
    assert!(said.contains("Pending invitations remain"), "{said}");
    assert!(said.contains("bob@example.com"), "{said}");
    let plan = w.plan_with(&["-destroy"]).await;
    assert!(
        plan.diagnostics_text().contains("no longer managed: ada@example.com"),
        "{}",
        plan.text()
    );
    w.destroy().await;
}

async fn onboarding_works_with_legacy_api(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    let (_, said) = w.apply_unchecked(&team(&["ada"], "")).await;
    assert_eq!(asked_for(&w).await, [["ada"]]);
    assert!(said.contains("Onboarding status not available"), "{said}");
    assert!(!said.contains("Timed out waiting"), "nobody has waited for them: {said}");
    assert_eq!(status(&w, "ada"), "in_process");
    let plan = w.plan(&team(&["ada"], "")).await;
    assert!(plan.is_empty());
    assert_eq!(plan.text().matches("Drift detection not available").count(), 1);

    w.apply_unchecked(&team(&["ada", "bob"], "")).await;
    assert_eq!(asked_for(&w).await, [["bob"]], "whoever was asked for is taken to be there");
    w.assert_settled().await;

    // The legacy API does not return the IDs of invited users, so the provider cannot remove them.
    let (_, said) = w.apply_unchecked(&team(&["ada"], "")).await;
    assert!(said.contains("bob@example.com"), "{said}");
    for (_, id) in members(&w).await {
        w.sandbox().remove_user(&id).await;
    }
    w.destroy().await;
}

async fn invalid_onboarding_emails_are_rejected_in_plan(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for (people, reason) in [
        (&["ada", "a b"][..], "\"a b@example.com\" of `emails` is not a valid email address"),
        (&["ada", "Ada"], "differ only in case"),
    ] {
        let refusal = w.plan_err(&team(people, "")).await;
        assert!(refusal.contains(reason), "{people:?}: {refusal}");
    }
    let refusal = w.import_err(&team(&["ada"], ""), TEAM, "ada@example.com").await;
    assert!(refusal.contains("does not support import"), "{refusal}");
    assert!(w.sandbox().requests().await.is_empty(), "nobody had to be asked");
    w.destroy().await;
}
