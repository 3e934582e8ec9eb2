//! `seat_limit`: a plan warns if it would need more seats than the limit.

use crate::cli::Cli;
use crate::clis::on_clis;
use crate::harness::{Action, Plan, TestEnv};
use crate::hcl::{ADA, ADA_SEAT, SEAT, provider, resource};

on_clis! {
    each_series: [],
    oldest_and_newest: [
        plan_above_seat_limit_warns,
        invalid_seat_limit_is_rejected,
        moved_seat_counts_once_toward_limit,
    ],
}

fn two_seats() -> String {
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    let seat = resource("seat", "bob", "user_id = anaconda_user.bob.id");
    [ADA, ADA_SEAT, &bob, &seat].concat()
}

fn limited(hcl: &str, limit: u32) -> String {
    [hcl, &provider(&format!("seat_limit = {limit}"))].concat()
}

fn warns(plan: &Plan) -> bool {
    plan.diagnostics_text().contains("Seat limit exceeded")
}

async fn plan_above_seat_limit_warns(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let plan = w.plan(&two_seats()).await;
    assert!(!warns(&plan), "without a limit nobody knows: {}", plan.text());
    let plan = w.plan(&limited(&two_seats(), 2)).await;
    assert!(!warns(&plan), "it fits: {}", plan.text());
    let plan = w.plan(&limited(&two_seats(), 1)).await;
    assert!(warns(&plan), "{}", plan.text());
    assert!(plan.diagnostics_text().contains("which is 1"), "{}", plan.text());
    // No single call knows the total number of seats, so only the first one above the limit is
    // reported.
    let many = [
        resource("user", "many", "count = 4\nemail = \"many${count.index}@example.com\""),
        resource("seat", "many", "count = 4\nuser_id = anaconda_user.many[count.index].id"),
    ]
    .concat();
    let plan = w.plan(&limited(&[&two_seats(), many.as_str()].concat(), 1)).await;
    assert_eq!(plan.diagnostics_text().matches("Seat limit exceeded").count(), 1);

    w.set_env("ANACONDA_SEAT_LIMIT", "1");
    assert!(warns(&w.plan(&two_seats()).await), "the variable counts");
    assert!(!warns(&w.plan(&limited(&two_seats(), 2)).await), "the argument counts more");

    // The limit only warns, so the apply succeeds. Then assigned seats need no further seat.
    let plan = w.apply(&two_seats()).await;
    assert_eq!(plan.action(SEAT), Action::Create);
    assert!(!warns(&w.plan(&two_seats()).await));
    w.destroy().await;
}

async fn invalid_seat_limit_is_rejected(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    for limit in ["-1", "1.5"] {
        let refusal =
            w.plan_err(&[ADA, &provider(&format!("seat_limit = {limit}"))].concat()).await;
        assert!(refusal.contains("whole number from 0"), "{limit}: {refusal}");
    }
    w.set_env("ANACONDA_SEAT_LIMIT", "many");
    let refusal = w.plan_err(ADA).await;
    assert!(refusal.contains("ANACONDA_SEAT_LIMIT"), "{refusal}");
    w.unset_env("ANACONDA_SEAT_LIMIT");
    w.destroy().await;
}

async fn moved_seat_counts_once_toward_limit(cli: Cli) {
    let mut w = TestEnv::new(&cli).await;
    let bob = resource("user", "bob", "email = \"bob@example.com\"");
    let cyd = resource("user", "cyd", "email = \"cyd@example.com\"");
    let users = [ADA, &bob, &cyd].concat();
    w.apply(&limited(&[&users, ADA_SEAT].concat(), 2)).await;
    // Ada's seat moves to Bob, and Cyd gets another one: 2 seats in total.
    let to_bob = resource("seat", "ada", "user_id = anaconda_user.bob.id");
    let one_more = "user_id = anaconda_user.cyd.id\ndepends_on = [anaconda_seat.ada]";
    let hcl = [users.as_str(), &to_bob, &resource("seat", "one_more", one_more)].concat();
    let plan = w.plan(&limited(&hcl, 2)).await;
    assert_eq!(plan.action(SEAT), Action::Replace);
    assert!(!warns(&plan), "{}", plan.text());
    w.apply(&limited(&hcl, 2)).await;
    w.destroy().await;
}
