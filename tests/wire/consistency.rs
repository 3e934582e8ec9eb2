//! For any configuration, a plan follows Terraform's rules, an apply does what the plan contains,
//! and a second plan has no changes. The session checks each plan and each response. This module
//! generates the configurations from bytes.

use std::panic::AssertUnwindSafe;

use serde_json::{Map, Value};
use tokio::runtime::Builder;

use crate::admin::Organization;
use crate::samples::{Choices, sample};
use crate::session::{Session, errors};
use crate::terraform::{block, object, resource_names};
use crate::validate::validate;
use crate::values::unknown;

/// Arguments that are always set. Terraform requires them, or this test would be slow without them.
const ALWAYS: [&str; 3] = ["emails", "user_id", "wait_for_completion"];

/// Returns a configuration. Each argument is absent or has one of its values.
fn configuration(choices: &[Choices], bytes: &mut impl Iterator<Item = u8>) -> Value {
    let mut given = Map::new();
    for (name, values) in choices {
        let choice = usize::from(bytes.next().unwrap_or(0));
        let values: Vec<_> = values.iter().map(Some).collect();
        let absent: &[_] = if ALWAYS.contains(name) { &[] } else { &[None] };
        let values = [&values, absent].concat();
        if let Some(value) = values[choice % values.len()] {
            given.insert((*name).to_owned(), value.clone());
        }
    }
    Value::Object(given)
}

/// Returns the same configuration with unknown values in it.
fn partly_unknown(given: &Value, bytes: &mut impl Iterator<Item = u8>) -> Value {
    let mut given = given.clone();
    let fields = given.as_object_mut().unwrap();
    fields.remove("timeouts");
    for value in fields.values_mut().filter(|_| bytes.next().unwrap_or(0).is_multiple_of(3)) {
        *value = unknown();
    }
    given
}

/// Plans and applies several configurations of one object. Returns the number of applied ones.
async fn live(session: &Session, people: &[String; 2], input: &[u8]) -> usize {
    let mut bytes = input.iter().copied();
    let mut names = resource_names().await;
    names.sort_unstable();
    let name = names[usize::from(bytes.next().unwrap_or(0)) % names.len()];
    let choices = (sample(name).choices)(&people[0], &people[1]);
    let mut state = Value::Null;
    let mut applied = 0;
    for _ in 0..3 {
        let given = configuration(&choices, &mut bytes);
        let vague = partly_unknown(&given, &mut bytes);
        let config = object(block(name).await, &given);
        if !errors(&validate(session, name, &config).await).is_empty() {
            continue;
        }
        // A plan can contain unknown values too, and must follow the rules.
        drop(session.plan(name, &state, &vague).await);
        let Ok(plan) = session.plan(name, &state, &given).await else { continue };
        if !plan.replace.is_empty() {
            // Terraform then destroys the object and plans a new one.
            session.delete(name, &state).await.ok();
            state = Value::Null;
            let Ok(plan) = session.plan(name, &state, &given).await else { continue };
            let made = session.apply(name, &state, &plan.state, &given).await;
            let failed = !errors(&made.diagnostics).is_empty();
            state = made.state;
            if failed {
                continue;
            }
        } else if plan.state != state {
            let changed = session.apply(name, &state, &plan.state, &given).await;
            let failed = !errors(&changed.diagnostics).is_empty();
            state = changed.state;
            if failed {
                continue;
            }
        }
        applied += 1;
        let again = session.plan(name, &state, &given).await.unwrap();
        assert!(again.replace.is_empty(), "{name} {given}: {:?}", again.replace);
        assert_eq!(again.state, state, "{name} {given}: the second plan has something to do");
    }
    if !state.is_null() {
        session.delete(name, &state).await.ok();
    }
    applied
}

#[test]
fn plans_follow_rules_and_applies_follow_plans() {
    let runtime = Builder::new_current_thread().enable_all().build().unwrap();
    let (organization, session, people) = runtime.block_on(async {
        let organization = Organization::start().await;
        let people = [
            organization.add_user("grace@example.com").await,
            organization.add_user("joan@example.com").await,
        ];
        let session = Session::with(&organization).await;
        (organization, session, people)
    });
    let applied = std::sync::atomic::AtomicUsize::new(0);
    let all = AssertUnwindSafe((runtime, session, people, &applied));
    bolero::check!().with_iterations(250).with_max_len(64).for_each(|input: &[u8]| {
        let (runtime, session, people, applied) = &*all;
        let count = runtime.block_on(live(session, people, input));
        applied.fetch_add(count, std::sync::atomic::Ordering::Relaxed);
    });
    assert!(applied.into_inner() > 50, "hardly anything was valid");
    drop(organization);
}
