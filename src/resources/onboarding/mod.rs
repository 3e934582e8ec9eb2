//! `anaconda_onboarding`: people without an Anaconda account, invited with one request.
//!
//! API facts:
//! - One request takes all email addresses.
//! - An accepted address is only in process. A failure shows only by the user never appearing in
//!   the organization.
//! - An address is unavailable if it has an account, or if no seat is available for it.
//! - The seat counts are strings.
//! - Onboarding assigns a seat, issues a token, and sends the person an email.
//!
//! Source: Organization Management API 1.0.0 and its guide.
//!
//! If the response to an invitation is lost, its outcome is unknown, and the addresses are kept as
//! `unknown`. The rule of ownership is: **a person who was not a member at the first invitation and
//! is one later belongs to this resource**. It holds even if a later invitation reports the address
//! as unavailable, because the first invitation has created the account. So a person who was
//! invited and is removed here never keeps a seat or a token.
//!
//! A plan becomes empty without waiting for people. A refresh removes two kinds of addresses from
//! `emails`, so that the next plan proposes them: those of members who left, and those of
//! invitations with an unknown outcome. All other people who are not members keep their status,
//! with a warning, until `triggers` changes.

mod addresses;
mod arrival;
mod invite;
mod messages;
mod people;
mod plan;
mod step;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

pub(crate) use addresses::check_emails;
use addresses::{lower, same_emails};
use people::{People, Person, Status, lower_case};

use super::evidence::confirmed_users;
use super::lookup::{Refreshed, is_recently_written, members};
use super::offboard::{offboard, remove_only};
use super::removal;
use super::timeouts::{self, Timeouts};
use crate::client::{self, Users};
use crate::provider_data::{Object, ProviderData};
use crate::tf_provider::prelude::*;

const DEFAULT_WAIT: Duration = Duration::from_secs(600);

/// The attributes for the seat counts of the last invitation response.
const SEATS: [&str; 2] = ["total_organization_seats", "available_organization_seats"];

/// State of the invited people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Onboarding {
    emails: Vec<String>,
    released_emails: Option<Vec<String>>,
    wait_for_completion: bool,
    offboard_on_destroy: bool,
    triggers: Option<BTreeMap<String, Option<String>>>,
    users: Attr<BTreeMap<String, Attr<Person>>>,
    total_organization_seats: Attr<u64>,
    available_organization_seats: Attr<u64>,
    timeouts: Option<Timeouts>,
}

impl Resource for Onboarding {
    const NAME: &'static str = "anaconda_onboarding";
    type Client = ProviderData;

    fn schema() -> Schema {
        let person = Type::object([("id", Type::String), ("status", Type::String)]);
        Schema::new(
            "Invites people who have no Anaconda account. Each person gets an account, a seat, a token, and two \
             emails. For people who have an account, use `anaconda_user`. If you remove an email address, \
             or destroy the resource, the provider offboards exactly the people whom this resource \
             onboarded. Import is not supported.",
        )
        .attributes([
            required("emails", Type::set(Type::String), "Email addresses of the people to invite (case-insensitive). If you add email addresses, the provider invites only these.").semantic_equality(same_emails),
            optional("released_emails", Type::set(Type::String), "Email addresses of people who leave `emails` and remain members, because another resource manages them (case-insensitive). Must not contain an email address of `emails`.").semantic_equality(same_emails),
            optional("wait_for_completion", Type::Bool, "Whether to wait until the people are members of the organization, up to `timeouts.create`. Defaults to `true`.").default(true),
            optional("offboard_on_destroy", Type::Bool, "Whether to revoke the active tokens and unassign the seat before removing a user. If `false`, the provider only removes the user. Defaults to `true`.").default(true),
            optional("triggers", Type::map(Type::String), "Arbitrary values. Changing this invites the people again who are not members.").null_elements().null_is_empty(),
            computed("users", Type::map(person), "People by email address, spelled as in `emails` when the email address was added. Each person has an `id`, which is null until the person is a member, and a `status`: `member`, `in_process`, `unavailable`, or `unknown` (the outcome of the invitation is unknown)."),
            computed("total_organization_seats", Type::Number, "Number of seats of the subscription at the last invitation."),
            computed("available_organization_seats", Type::Number, "Number of available seats after the last invitation."),
        ])
        .block(timeouts::block([("create", "Maximum time to wait until the people are members. Defaults to `10m`.")]))
    }

    fn validate(config: &Value) -> Diagnostics {
        let mut found = check_emails(config, "emails");
        found.extend(check_emails(config, "released_emails"));
        found.extend(check_disjoint(config));
        found
    }

    async fn plan(cx: &mut Context<ProviderData>, change: &mut ResourcePlan) -> Result<()> {
        plan::plan(cx, change).await
    }

    async fn plan_delete(cx: &mut Context<ProviderData>, state: Self) -> Result<()> {
        plan::plan_delete(cx, &state).await
    }

    async fn create(cx: &mut Context<ProviderData>, plan: Self) -> Result<Self> {
        let planned_people = plan.people();
        let wanted = plan.emails.iter().filter(|email| planned_people.get(email).is_none());
        let wanted = wanted.cloned().collect();
        let empty = Self {
            users: (&planned_people).into(),
            total_organization_seats: plan.total_organization_seats.or_computed(None),
            available_organization_seats: plan.available_organization_seats.or_computed(None),
            ..plan
        };
        invite::invite(cx, empty, wanted).await
    }

    async fn read(cx: &mut Context<ProviderData>, state: Self) -> Result<Option<Self>> {
        let Refreshed::Current(users) = members(cx).await? else { return Ok(Some(state)) };
        let lags = is_recently_written(cx)?;
        let people = state.people();
        let ids = || people.iter().filter_map(|(_, person)| person.id.as_ref());
        let users =
            if lags { users } else { confirmed_users(&cx.client()?.org, users, ids).await? };
        if ids().any(|id| users.by_id(id).is_some()) {
            cx.confirm_scope();
        }
        Ok(Some(state.refreshed(&users, lags)))
    }

    async fn update(cx: &mut Context<ProviderData>, plan: Self, prior: Self) -> Result<Self> {
        let people = prior.people();
        let again = plan.trigger_values() != prior.trigger_values();
        // Terraform requires that a value planned as known does not change in the apply.
        let planned = plan.people();
        let wanted: Vec<String> = plan
            .emails
            .iter()
            .filter(|email| planned.get(email).is_none())
            .filter(|email| Status::invites(people.get(email).map(|it| it.status), again))
            .cloned()
            .collect();
        let mut state = Self {
            users: prior.users.clone(),
            total_organization_seats: prior.total_organization_seats,
            available_organization_seats: prior.available_organization_seats,
            ..plan
        };
        state.remove_leaving(cx, &prior).await?;
        let mut people = state.people();
        people.spell_like(&state.emails);
        for (email, person) in planned.iter() {
            people.set(email, person.clone());
        }
        state.users = (&people).into();
        if wanted.is_empty() {
            return Ok(state);
        }
        invite::invite(cx, state, wanted).await
    }

    async fn delete(cx: &mut Context<ProviderData>, mut state: Self) -> Result<()> {
        let prior = state.clone();
        state.emails.clear();
        state.released_emails = None;
        state.remove_leaving(cx, &prior).await
    }

    async fn import(_: &mut Context<ProviderData>, _: &str) -> Result<Self> {
        Err(Diagnostic::error(
            "Import not supported",
            "`anaconda_onboarding` does not support import, because the API does not return who was \
             onboarded. Import the people as `anaconda_user`, `anaconda_seat`, and `anaconda_token`.",
        )
        .into())
    }
}

impl Onboarding {
    /// Returns the known people. In a state, all people are known.
    fn people(&self) -> People {
        let users = self.users.as_known().into_iter().flatten();
        users.filter_map(|(email, it)| Some((email.clone(), it.as_known()?.clone()))).collect()
    }

    /// Returns the triggers. Null and empty are equal.
    fn trigger_values(&self) -> Option<&BTreeMap<String, Option<String>>> {
        self.triggers.as_ref().filter(|triggers| !triggers.is_empty())
    }

    fn wait(&self) -> Duration {
        Timeouts::create(self.timeouts.as_ref(), DEFAULT_WAIT)
    }

    /// Returns the state after a refresh.
    ///
    /// If the list might be stale (`lags`), a missing member proves nothing.
    fn refreshed(self, members: &Users, lags: bool) -> Self {
        let mut people = self.people();
        for (email, person) in self.people().iter() {
            if let (Status::Member, Some(id), false) = (person.status, &person.id, lags)
                && members.by_id(id).is_none()
            {
                people.remove(email);
            }
        }
        arrival::note(&mut people, members);
        let keeps = |email: &str| people.get(email).is_some_and(|it| it.status != Status::Unknown);
        let mut emails = self.emails.clone();
        emails.retain(|email| keeps(email));
        // Add the people back whom an earlier refresh removed from `emails`. If the configuration
        // no longer contains the address, the plan then offboards the person.
        let there = lower_case(&emails);
        let come = people.iter().map(|(email, _)| email).filter(|email| keeps(email));
        emails
            .extend(come.filter(|email| !there.contains(&email.to_lowercase())).map(str::to_owned));
        Self { emails, users: (&people).into(), ..self }
    }

    /// Removes the people of `prior` who are in neither set of email addresses any more from the
    /// organization, one after the other.
    ///
    /// # Errors
    /// Returns an error if a person could not be removed. The saved state no longer contains the
    /// people who were removed.
    async fn remove_leaving(&mut self, cx: &mut Context<ProviderData>, prior: &Self) -> Result<()> {
        let kept = lower_case(&self.emails);
        let released = lower_case(self.released_emails.as_deref().unwrap_or_default());
        let mut people = prior.people();
        let anaconda = cx.client()?;
        for (email, person) in prior.people().iter() {
            let key = email.to_lowercase();
            if kept.contains(&key) {
                continue;
            }
            if !released.contains(&key) {
                let removed = self.remove(cx, &anaconda, email, person).await;
                if let Err(problem) = removed {
                    cx.save_partial_state(&Self { users: (&people).into(), ..prior.clone() })?;
                    return Err(problem);
                }
            }
            people.remove(email);
        }
        self.users = (&people).into();
        // If a later invitation fails, the state still must not contain the people who left.
        cx.save_partial_state(&Self { users: self.users.clone(), ..prior.clone() })
    }

    async fn remove(
        &self,
        cx: &mut Context<ProviderData>,
        anaconda: &ProviderData,
        email: &str,
        person: &Person,
    ) -> Result<()> {
        let Some(id) = arrival::id_now(anaconda, email, person).await? else {
            if person.status.is_pending() {
                cx.warn(messages::may_still_arrive(&[email]));
            }
            return Ok(());
        };
        anaconda.ledger.before_removal(&Object::person(Some(&id), Some(email)))?;
        let called = format!("{email} ({id})");
        let object = client::Object::User(id.clone());
        let same_person = client::Object::Person(email.to_lowercase());
        let label = format!("User {called}");
        let announced = removal::announce(cx, &anaconda.org, &object, Some(same_person), &label)?;
        let Some(_announced) = announced else { return Ok(()) };
        if self.offboard_on_destroy {
            offboard(anaconda, &id, &called).await.map(drop)
        } else {
            remove_only(anaconda, &id, &called).await.map(drop)
        }
    }
}

/// Returns an error for an email address that is in both `emails` and `released_emails`.
fn check_disjoint(config: &Value) -> Diagnostics {
    let (emails, released) = (lower(config.get("emails")), lower(config.get("released_emails")));
    let both: BTreeSet<_> = emails.intersection(&released).map(String::as_str).collect();
    if both.is_empty() {
        return Diagnostics::default();
    }
    let both = both.into_iter().collect::<Vec<_>>().join(", ");
    Diagnostic::error(
        "Conflicting email addresses",
        format!(
            "These email addresses are in both `emails` and `released_emails`: {both}. Keep an address \
             in `emails` to manage the person here. To let another resource manage the person, remove \
             the address from `emails`, and keep it in `released_emails`."
        ),
    )
    .at("released_emails")
    .into()
}
