//! `anaconda_onboarding`: people without an Anaconda account, invited all at once.
//!
//! API facts (Organization Management API 1.0.0 and the guide): one call takes all addresses; an
//! accepted address is only in process, and trouble shows solely by the user never appearing in
//! the organization; an address that has an account, or for which no seat is left, is unavailable;
//! the counts of seats are text. Onboarding assigns a seat, issues a token and mails the person.
//!
//! When the answer to an invitation is lost, nobody can see what became of it. Its addresses are
//! kept as `unknown`, and the rule for whose people they are is this: **who was no member when we
//! first invited, and is one later, is ours**, even if a later invitation calls the address
//! unavailable (it is, because ours has made the account). So nobody keeps a seat and a token who
//! was invited here and is removed here.
//!
//! A plan becomes empty without waiting for anybody. A refresh takes two kinds of addresses out of
//! `emails`, so that the next plan proposes them: of members who left, and of people whose invitation
//! was not answered. Everybody else who is missing stays with their status and a warning, until
//! `triggers` change.

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

/// What the last invitation said about seats.
const SEATS: [&str; 2] = ["total_organization_seats", "available_organization_seats"];

/// The invited people, as Terraform keeps them.
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
        let handed_over = plan.people();
        let wanted = plan.emails.iter().filter(|email| handed_over.get(email).is_none());
        let wanted = wanted.cloned().collect();
        let empty = Self {
            users: (&handed_over).into(),
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
        // What was planned as known has to come out as it is.
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
    /// The people who are known, which in a state are all.
    fn people(&self) -> People {
        let users = self.users.as_known().into_iter().flatten();
        users.filter_map(|(email, it)| Some((email.clone(), it.as_known()?.clone()))).collect()
    }

    /// Null and empty are the same.
    fn trigger_values(&self) -> Option<&BTreeMap<String, Option<String>>> {
        self.triggers.as_ref().filter(|triggers| !triggers.is_empty())
    }

    fn wait(&self) -> Duration {
        Timeouts::create(self.timeouts.as_ref(), DEFAULT_WAIT)
    }

    /// The state after a look at the members. What a listing lacks that still `lags` is no proof.
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
        // Whoever was left out before is in again. If the address is not wanted any more, the plan
        // then offboards the person.
        let there = lower_case(&emails);
        let come = people.iter().map(|(email, _)| email).filter(|email| keeps(email));
        emails
            .extend(come.filter(|email| !there.contains(&email.to_lowercase())).map(str::to_owned));
        Self { emails, users: (&people).into(), ..self }
    }

    /// Removes the people of `prior` from the organization who are in neither set of addresses any
    /// more, one after the other.
    ///
    /// # Errors
    /// Somebody could not be removed. Those who were are out of the kept state.
    async fn remove_leaving(&mut self, cx: &mut Context<ProviderData>, prior: &Self) -> Result<()> {
        let stays = lower_case(&self.emails);
        let released = lower_case(self.released_emails.as_deref().unwrap_or_default());
        let mut people = prior.people();
        let anaconda = cx.client()?;
        for (email, person) in prior.people().iter() {
            let key = email.to_lowercase();
            if stays.contains(&key) {
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
        // Should the invitation fail that may follow, nobody is forgotten who left.
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

/// Refuses an address that is invited and released at once.
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
