//! The effect of an onboarding on people, for the plan ledger.

use std::collections::BTreeSet;

use super::addresses::lower;
use crate::client::UserId;
use crate::provider_data::{Object, Step};
use crate::tf_provider::value::Value;

/// Sorts the people of an onboarding into those who stay, those who are offboarded, and those who
/// are new.
///
/// `people` is the prior map `users`. `emails` and `released` are the planned values, or null if
/// the onboarding is destroyed. A person whose address is unavailable was never onboarded here, and
/// a released person stays a member: neither counts as removed.
pub(super) fn step(people: &Value, emails: &Value, released: &Value) -> Step {
    let mut step = Step { onboarding: true, ..Step::default() };
    let (wanted, released) = (lower(emails), lower(released));
    let all_stay = !emails.is_wholly_known();
    let mut known = BTreeSet::new();
    if let Value::Object(people) = people {
        for (email, person) in people {
            let status = person.get("status").as_str().unwrap_or_default();
            let id = person.get("id").as_str().and_then(|id| UserId::parse(id).ok());
            let (key, object) =
                (email.to_lowercase(), Object::person(id.as_ref(), Some(email.as_str())));
            match status {
                "unavailable" => {}
                _ if all_stay || wanted.contains(&key) => step.stays.push(object),
                "member" if !released.contains(&key) => step.leaves.push(object),
                _ => {}
            }
            known.insert(key);
        }
    }
    if let Value::List(emails) = emails {
        let new = emails.iter().filter_map(Value::as_str);
        let new = new.filter(|email| !known.contains(&email.to_lowercase()));
        step.comes.extend(new.map(|email| Object::person(None, Some(email))));
    }
    step
}
