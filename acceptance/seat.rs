//! The whole lifecycle of `anaconda_seat`.

use std::time::Duration;

use serde_json::json;

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, Options, TestEnv, list};
use crate::hcl::{ADA, ADA_SEAT, SEAT, TOKEN, USER, resource};
use crate::needs::DESTROY_PLANS;

on_clis! {
    each_series: [seat_is_assigned_imported_and_unassigned],
    oldest_and_newest: [
        seat_waits_for_unassignment_in_same_run,
        full_seat_pool_allows_reassignment_in_one_run,
        email_is_sent_only_if_requested,
        missing_seat_fails_apply_but_keeps_results,
        last_seat_moves_to_other_user,
        second_assignment_of_last_seat_explains_cause,
        removed_or_replaced_seat_revokes_token,
        externally_assigned_seat_is_adopted,
        externally_unassigned_seat_is_assigned_again,
        externally_removed_user_is_recreated_with_seat,
        seat_of_unknown_user_is_rejected,
        import_of_missing_seat_is_rejected,
        seat_resource_works_with_legacy_api,
    ],
}

fn both() -> String {
    [ADA, ADA_SEAT].concat()
}

async fn seats_used(w: &TestEnv) -> u64 {
    w.sandbox().state().await["seats"]["used"].as_u64().unwrap()
}

async fn seat_is_assigned_imported_and_unassigned(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let plan = w.apply(&both()).await;
    assert_eq!(plan.action(SEAT), Action::Create);
    assert_eq!(w.sandbox().writes().await, ["POST users", "POST users/*/seats"]);
    assert_eq!(seats_used(&w).await, 1);
    let id = w.text(USER, "id");
    assert_eq!(w.text(SEAT, "id"), id);

    let alone = resource("seat", "ada", &format!("user_id = \"{id}\""));
    w.import_verify(&alone, SEAT, &id, &[]).await;
    w.import_verify(&alone, SEAT, "Ada@example.com", &[]).await;

    w.sandbox().clear_requests().await;
    w.apply(ADA).await;
    assert_eq!(w.sandbox().writes().await, ["DELETE users/*/seats"]);
    assert_eq!(seats_used(&w).await, 0);
    w.destroy().await;
}

async fn email_is_sent_only_if_requested(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&both()).await;
    assert!(list(&w.sandbox().state().await, "mails").is_empty());

    let seat = "user_id = anaconda_user.ada.id\nsend_seat_assigned_email = true";
    let asking = [ADA, &resource("seat", "ada", seat)].concat();
    w.sandbox().clear_requests().await;
    let plan = w.apply(&asking).await;
    assert_eq!(plan.action(SEAT), Action::Update);
    assert!(w.sandbox().writes().await.is_empty(), "the seat is there already");

    w.apply(ADA).await;
    w.apply(&asking).await;
    let mails = list(&w.sandbox().state().await, "mails");
    assert_eq!(mails.len(), 1, "{mails:?}");
    w.destroy().await;
}

async fn missing_seat_fails_apply_but_keeps_results(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { seats: 1, ..Options::default() }).await;
    let other = w.sandbox().add_user(json!({"email": "bob@example.com", "seat": true})).await;
    let impatient = "user_id = anaconda_user.ada.id\ntimeouts {\n  create = \"1s\"\n}";
    let refusal = w.apply_err(&[ADA, &resource("seat", "ada", impatient)].concat()).await;
    assert!(refusal.contains("No available seats"), "{refusal}");
    assert!(refusal.contains("(seats assigned: 1)"), "{refusal}");
    assert!(w.has(USER) && !w.has(SEAT), "what was done is in the state");

    w.sandbox().set(json!({"seats": 2})).await;
    let plan = w.apply(&both()).await;
    assert_eq!(plan.action(USER), Action::NoOp);
    w.sandbox().remove_user(&other).await;
    w.destroy().await;
}

async fn second_assignment_of_last_seat_explains_cause(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { seats: 1, ..Options::default() }).await;
    // With `create_before_destroy`, the replacement needs a second seat temporarily.
    let seat = |more: &str| {
        let first =
            "timeouts {\n  create = \"1s\"\n}\nlifecycle {\n  create_before_destroy = true\n}";
        [ADA, &resource("seat", "ada", &format!("user_id = anaconda_user.{more}.id\n{first}"))]
            .concat()
    };
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    w.apply(&[seat("ada"), bob.clone()].concat()).await;
    let plan = w.plan(&[seat("bob"), bob.clone()].concat()).await;
    assert_eq!(plan.action(SEAT), Action::ReplaceCreateFirst);
    let said = w.apply_err(&[seat("bob"), bob.clone()].concat()).await;
    assert!(said.contains("If this resource has `create_before_destroy`"), "{said}");
    assert!(said.contains("`-parallelism=1`"), "{said}");
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["seat"], true);
    // If the seat is replaced for the same user, that user already has a seat.
    w.configure(&[seat("ada"), bob].concat());
    w.command(&["apply", "-auto-approve", "-replace=anaconda_seat.ada"]).await;
    assert_eq!(w.sandbox().user("ada@example.com").await.unwrap()["seat"], true);
    w.assert_settled().await;
    w.destroy().await;
}

async fn removed_or_replaced_seat_revokes_token(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    // The token does not reference the seat, so Terraform does not change it.
    let end = "expires_at = \"2090-01-31T00:00:00Z\"\ndepends_on = [anaconda_seat.ada]";
    let token =
        |end: &str| resource("token", "ada", &format!("user_id = anaconda_user.ada.id\n{end}"));
    let team = [ADA, ADA_SEAT, &token(end)].concat();
    w.apply(&team).await;
    let warning = "Token will be revoked with its seat";
    let without = [ADA, &token("expires_at = \"2090-01-31T00:00:00Z\"")].concat();
    let planned = DESTROY_PLANS.is_met_by(&cli);
    let plan = w.plan(&without).await;
    assert_eq!(plan.diagnostics_text().contains(warning), planned, "{}", plan.text());
    let plan = w.plan(ADA).await;
    assert!(!plan.diagnostics_text().contains(warning), "both go: {}", plan.text());

    let before = w.text(TOKEN, "id");
    w.configure(&team);
    w.command(&["apply", "-auto-approve", "-replace=anaconda_seat.ada"]).await;
    // The next plan replaces the token. The run that replaced the seat could not plan this.
    let plan = w.apply(&team).await;
    assert_eq!(plan.action(TOKEN), Action::Replace);
    assert_ne!(w.text(TOKEN, "id"), before);
    w.assert_settled().await;
    w.destroy().await;
}

async fn last_seat_moves_to_other_user(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { seats: 1, ..Options::default() }).await;
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    w.apply(&[ADA, &bob, ADA_SEAT].concat()).await;
    let seat = resource("seat", "ada", "user_id = anaconda_user.bob.id");
    let plan = w.apply(&[ADA, &bob, &seat].concat()).await;
    assert_eq!(plan.action(SEAT), Action::Replace);
    let bob = w.sandbox().user("bob@example.com").await.unwrap();
    assert_eq!(bob["seat"], true);
    assert_eq!(w.text(SEAT, "id"), bob["id"].as_str().unwrap());
    w.destroy().await;
}

async fn seat_waits_for_unassignment_in_same_run(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { seats: 0, ..Options::default() }).await;
    w.apply(ADA).await;
    w.sandbox().clear_requests().await;
    let sandbox = w.sandbox().clone();
    let one_more = tokio::spawn(async move {
        while !sandbox.calls().await.iter().any(|call| call == "POST users/*/seats") {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        sandbox.set(json!({"seats": 1})).await;
    });
    w.apply(&both()).await;
    one_more.await.unwrap();
    let tries = w.sandbox().writes().await;
    assert!(tries.len() > 1, "the first one was refused: {tries:?}");
    assert_eq!(seats_used(&w).await, 1);
    w.destroy().await;
}

async fn full_seat_pool_allows_reassignment_in_one_run(cli: Cli) {
    let mut w = TestEnv::with(&cli, Options { seats: 2, ..Options::default() }).await;
    let users = "for_each = toset([\"a\", \"b\", \"c\", \"d\"])\n\
                 email = \"${each.key}@example.com\"";
    let hcl = |holders: &str| {
        let seats =
            format!("for_each = toset([{holders}])\nuser_id = anaconda_user.all[each.key].id");
        [resource("user", "all", users), resource("seat", "all", &seats)].concat()
    };
    w.apply(&hcl("\"a\", \"b\"")).await;
    let plan = w.apply(&hcl("\"c\", \"d\"")).await;
    let actions: Vec<_> = plan.actions().into_values().filter(|a| *a != Action::NoOp).collect();
    assert_eq!(actions.len(), 4, "two are freed and two assigned, in no order");
    for name in ["c", "d"] {
        let user = w.sandbox().user(&format!("{name}@example.com")).await.unwrap();
        assert_eq!(user["seat"], true, "{user}");
    }
    w.destroy().await;
}

async fn externally_assigned_seat_is_adopted(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    w.sandbox().change_user(&w.text(USER, "id"), json!({"seat": true})).await;
    let (_, said) = w.apply_unchecked(&both()).await;
    assert!(said.contains("Seat already assigned"), "{said}");
    w.assert_settled().await;
    w.destroy().await;
}

async fn externally_unassigned_seat_is_assigned_again(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&both()).await;
    let id = w.text(USER, "id");
    w.sandbox().change_user(&id, json!({"seat": false})).await;
    w.advance_one_hour();
    let plan = w.apply(&both()).await;
    assert_eq!((plan.action(USER), plan.action(SEAT)), (Action::NoOp, Action::Create));
    assert_eq!(seats_used(&w).await, 1);

    w.sandbox().change_user(&id, json!({"seat": false})).await;
    w.destroy().await;
}

async fn externally_removed_user_is_recreated_with_seat(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(&both()).await;
    w.sandbox().remove_user(&w.text(USER, "id")).await;
    w.advance_one_hour();
    let plan = w.apply(&both()).await;
    assert_eq!((plan.action(USER), plan.action(SEAT)), (Action::Create, Action::Create));
    w.destroy().await;
}

async fn seat_of_unknown_user_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let stranger = "user_id = \"00000000-0000-4000-8000-000000000000\"";
    let refusal = w.apply_err(&resource("seat", "ada", stranger)).await;
    assert!(refusal.contains("User not found"), "{refusal}");
    let refusal = w.plan_err(&resource("seat", "ada", "user_id = \"ada@example.com\"")).await;
    assert!(refusal.contains("must be a UUID"), "{refusal}");
    w.destroy().await;
}

async fn import_of_missing_seat_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    w.apply(ADA).await;
    let refusal = w.import_err(&both(), SEAT, "ada@example.com").await;
    assert!(refusal.contains("has no seat"), "{refusal}");
    w.destroy().await;
}

async fn seat_resource_works_with_legacy_api(cli: Cli) {
    let mut w = TestEnv::for_guide(&cli).await;
    w.apply(&both()).await;
    assert_eq!(seats_used(&w).await, 1);
    w.apply(ADA).await;
    assert_eq!(seats_used(&w).await, 0);
    w.apply(&both()).await;
    w.destroy().await;
}
