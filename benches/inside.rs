//! Measures the internal parts of the provider: `cargo bench --bench inside`.
//!
//! The benchmark uses no processes, sockets, or HTTP, so that it shows the effect of a change in
//! one part.

#![expect(clippy::unwrap_used, reason = "a program that prints figures, or fails")]

use divan::{Bencher, black_box};
use serde_json::json;
use terraform_provider_anaconda::client::{User as Listed, Users};
use terraform_provider_anaconda::resources::{Token, User};
use terraform_provider_anaconda::tf_provider::model::{from_value, to_value};
use terraform_provider_anaconda::tf_provider::resource::Resource as _;
use terraform_provider_anaconda::tf_provider::resource_plan::ResourcePlan;
use terraform_provider_anaconda::tf_provider::value::Value;

const ID: &str = "00000000-0000-4000-8000-000000000001";

fn main() {
    divan::main();
}

/// Returns the state of a user who does not change.
fn user_state() -> Value {
    let mut state = Value::Object([].into());
    for (name, value) in [
        ("id", Value::from(ID)),
        ("email", "ada@example.com".into()),
        ("first_name", "Ada".into()),
        ("last_name", Value::Null),
        ("managed", false.into()),
        ("adopt_existing", false.into()),
        ("offboard_on_destroy", true.into()),
        ("timeouts", Value::Null),
    ] {
        state.set(name, value);
    }
    state
}

fn listed(number: usize) -> Listed {
    let id = format!("00000000-0000-4000-8000-{number:012}");
    let email = format!("First.Last{number}@example.com");
    let user = json!({"id": id, "email": email, "role": "member", "subscriptions": ["business"]});
    serde_json::from_value(user).unwrap()
}

#[divan::bench]
fn schema_of_a_token() {
    black_box(Token::schema());
}

#[divan::bench]
fn plan_of_an_unchanged_user(bencher: Bencher<'_, '_>) {
    let schema = User::schema();
    let mut config = user_state();
    for name in ["id", "managed", "adopt_existing", "offboard_on_destroy"] {
        config.set(name, Value::Null);
    }
    bencher.with_inputs(|| (config.clone(), user_state(), user_state())).bench_values(
        |(config, prior, proposed)| {
            ResourcePlan::from_proposed_state(&schema, config, prior, proposed).finish()
        },
    );
}

#[divan::bench]
fn user_from_a_value(bencher: Bencher<'_, '_>) {
    bencher.with_inputs(user_state).bench_values(|state| from_value::<User>(state).unwrap());
}

#[divan::bench]
fn user_to_a_value(bencher: Bencher<'_, '_>) {
    let user: User = from_value(user_state()).unwrap();
    bencher.bench_local(|| to_value(&user).unwrap());
}

#[divan::bench]
fn user_from_the_listing(bencher: Bencher<'_, '_>) {
    let text = json!({
        "id": ID, "email": "ada@example.com", "first_name": "Ada", "last_name": "Lovelace",
        "role": "member", "subscriptions": ["commercial_subscription"], "groups": null,
    })
    .to_string();
    bencher.bench_local(|| serde_json::from_str::<Listed>(&text).unwrap());
}

#[divan::bench(sample_count = 20)]
fn index_of_ten_thousand_users(bencher: Bencher<'_, '_>) {
    let make = || (0..10_000).map(listed).collect::<Vec<_>>();
    bencher.with_inputs(make).bench_values(|all| all.into_iter().collect::<Users>());
}

#[divan::bench]
fn user_by_address_among_ten_thousand(bencher: Bencher<'_, '_>) {
    let users: Users = (0..10_000).map(listed).collect();
    bencher.bench_local(|| users.by_email(black_box("first.last7000@example.com")).is_some());
}
