//! The plan for each person of an onboarding.

use std::collections::{BTreeMap, BTreeSet};

use super::addresses::{lower, strings};
use super::messages::{are_unavailable, have_not_arrived, may_still_arrive};
use super::people::{People, Person, Status};
use super::step::step;
use super::{Onboarding, SEATS};
use crate::provider_data::ProviderData;
use crate::tf_provider::model::{from_value, to_value};
use crate::tf_provider::prelude::*;

/// Plans `users` element by element.
///
/// People whom this plan does not invite stay known, so that resources that use their IDs do not
/// change.
pub(super) async fn plan(cx: &mut Context<ProviderData>, change: &mut ResourcePlan) -> Result<()> {
    let prior: Option<BTreeMap<String, Person>> = from_value(change.prior("users").clone())?;
    let people = People::from_iter(prior.unwrap_or_default());
    let emails = change.planned("emails").clone();
    if emails.is_wholly_known() {
        let released_member_of = |email: &str| released_member(cx, email);
        plan_users(change, &people, &emails, &released_member_of);
        warn_leaving_members(cx, change, &people, &lower(&emails));
        warn_missing_people(cx, change, &people);
        release(cx, change, &people)?;
    } else {
        // The keys of a map cannot be unknown.
        change.set_unknown("users");
        for seats in SEATS {
            change.set_unknown(seats);
        }
        let members = people.with_status(Status::Member);
        if !members.is_empty() {
            cx.warn(might_leave("emails", &members));
        }
    }
    let step = step(change.prior("users"), &emails, change.planned("released_emails"));
    cx.client()?.note_plan(cx, step).await
}

/// Returns the member whom another onboarding of this run releases to this one.
fn released_member(cx: &Context<ProviderData>, email: &str) -> Option<Person> {
    let id = cx.client().ok()?.onboardings.released(email)?;
    Some(Person { id: Some(id), status: Status::Member })
}

fn plan_users(
    change: &mut ResourcePlan,
    people: &People,
    emails: &Value,
    released_member_of: &dyn Fn(&str) -> Option<Person>,
) {
    let again = triggers_changed(change);
    let mut users = BTreeMap::new();
    for email in strings(emails) {
        let planned = match people.entry(email) {
            Some((spelled, person)) if !Status::invites(Some(person.status), again) => {
                change.prior("users").get(spelled).clone()
            }
            None => released_member_of(email)
                .and_then(|it| to_value(&it).ok())
                .unwrap_or(Value::Unknown),
            _ => Value::Unknown,
        };
        users.insert(email.to_owned(), planned);
    }
    let invites = users.values().any(Value::is_unknown);
    if invites {
        // A pending person might become a member, because the apply lists the members again.
        for (email, planned) in &mut users {
            if people.get(email).is_some_and(|person| person.status.is_pending()) {
                *planned = Value::Unknown;
            }
        }
    }
    change.set("users", Value::Object(users));
    for seats in SEATS {
        if invites {
            change.set_unknown(seats);
        } else {
            change.set(seats, change.prior(seats).clone());
        }
    }
}

fn triggers_changed(change: &ResourcePlan) -> bool {
    change.changes_elements("triggers")
}

/// Records the members who leave this onboarding and stay members, so that another onboarding can
/// manage them.
fn release(cx: &Context<ProviderData>, change: &ResourcePlan, people: &People) -> Result<()> {
    let released = lower(change.planned("released_emails"));
    let anaconda = cx.client()?;
    for (email, person) in people.iter() {
        if let Some(id) = person.id.as_ref().filter(|_| released.contains(&email.to_lowercase())) {
            anaconda.onboardings.release(email, id);
        }
    }
    Ok(())
}

/// Warns about members who leave the organization, because Terraform shows this as an update in
/// place, "0 to destroy".
fn warn_leaving_members(
    cx: &mut Context<ProviderData>,
    change: &ResourcePlan,
    people: &People,
    stays: &BTreeSet<String>,
) {
    let released = change.planned("released_emails");
    let kept = lower(released);
    let leaves = |email: &&str| {
        let email = email.to_lowercase();
        !stays.contains(&email) && !kept.contains(&email)
    };
    let members: Vec<_> = people.with_status(Status::Member).into_iter().filter(leaves).collect();
    let pending: Vec<_> = people.pending().into_iter().filter(leaves).collect();
    if !members.is_empty() {
        let offboards = change.planned("offboard_on_destroy").as_bool() != Some(false);
        cx.warn(if released.is_null() || released.is_wholly_known() {
            leaves_organization(&members, offboards)
        } else {
            might_leave("released_emails", &members)
        });
    }
    if !pending.is_empty() {
        cx.warn(may_still_arrive(&pending));
    }
}

/// Warns about configured people who are not members and whom this plan does not invite.
fn warn_missing_people(cx: &mut Context<ProviderData>, change: &ResourcePlan, people: &People) {
    let again = triggers_changed(change);
    let wanted = lower(change.planned("emails"));
    let missing = |status| {
        let mut all = people.with_status(status);
        all.retain(|email| !again && wanted.contains(&email.to_lowercase()));
        all
    };
    let unavailable = missing(Status::Unavailable);
    if !unavailable.is_empty() {
        cx.warn(are_unavailable(&unavailable, change.prior(SEATS[1]).as_int()));
    }
    let pending = missing(Status::InProcess);
    if !pending.is_empty() && change.planned("wait_for_completion").as_bool() == Some(true) {
        cx.warn(have_not_arrived(&pending, ""));
    }
}

/// Warns about the people whom the destruction of an onboarding affects.
pub(super) async fn plan_delete(cx: &mut Context<ProviderData>, state: &Onboarding) -> Result<()> {
    let people = state.people();
    let (members, pending) = (people.with_status(Status::Member), people.pending());
    if !members.is_empty() {
        cx.warn(leaves_organization(&members, state.offboard_on_destroy));
    }
    if !pending.is_empty() {
        cx.warn(may_still_arrive(&pending));
    }
    let users = to_value(&state.users)?;
    cx.client()?.note_plan(cx, step(&users, &Value::Null, &Value::Null)).await
}

fn leaves_organization(members: &[&str], offboards: bool) -> Diagnostic {
    let how = if offboards {
        "It revokes their tokens, unassigns their seats, and removes the users."
    } else {
        "It removes the users. `offboard_on_destroy` is false, so it does not revoke their tokens or \
         unassign their seats first."
    };
    Diagnostic::warning(
        "Members will be removed from the organization",
        format!(
            "This plan removes {} members whom this onboarding invited: {}. {how} Terraform does not \
             count them as destroyed resources.\n\nIf a person should stay a member, for example \
             because an `anaconda_user` manages the person from now on, list the email address in \
             `released_emails`.",
            members.len(),
            members.join(", ")
        ),
    )
    .at("emails")
}

/// Returns the warning that `argument`, which decides who leaves, is unknown in the plan.
fn might_leave(argument: &str, members: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "Members might be removed from the organization",
        format!(
            "`{argument}` is known only after other resources are applied, so the plan cannot tell \
             which of these members leave this onboarding: {}. The apply removes each of them who is \
             neither in `emails` nor in `released_emails`. To see the people in the plan, first apply \
             what `{argument}` comes from, with `-target`.",
            members.join(", ")
        ),
    )
    .at(argument)
}
