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
//! The state holds what is true: a refresh takes addresses out of `emails` that are not in the
//! organization, so that the next plan proposes exactly them.

mod arrival;
mod invite;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use super::checks::looks_like_email;
use super::lookup::{Seen, may_lag, members};
use super::offboard::{offboard, remove_only};
use super::timeouts::{self, Timeouts};
use crate::anaconda::Anaconda;
use crate::client::{UserId, Users};
use crate::tf_provider::prelude::*;

const DEFAULT_WAIT: Duration = Duration::from_secs(600);

/// The invited people, as Terraform keeps them.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Onboarding {
    emails: Vec<String>,
    wait_for_completion: bool,
    offboard_on_destroy: bool,
    triggers: Option<BTreeMap<String, Option<String>>>,
    users: Attr<BTreeMap<String, Person>>,
    total_organization_seats: Attr<u64>,
    available_organization_seats: Attr<u64>,
    timeouts: Option<Timeouts>,
}

/// What became of one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Person {
    /// The UUID, once the person is a member.
    id: Option<UserId>,
    status: Status,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Status {
    Member,
    InProcess,
    /// The answer to the invitation was lost: the address may be in process, or not.
    Unknown,
    Unavailable,
}

impl Status {
    /// Whether somebody may still arrive whom this resource has brought in.
    fn may_arrive(self) -> bool {
        matches!(self, Self::InProcess | Self::Unknown)
    }
}

impl Resource for Onboarding {
    const NAME: &'static str = "anaconda_onboarding";
    type Client = Anaconda;

    fn schema() -> Schema {
        let person = Type::object([("id", Type::String), ("status", Type::String)]);
        Schema::new(
            "Invites people who have no Anaconda account yet: each gets an account, a seat and a \
             token, and two mails. For people who have an account, use `anaconda_user`. Removing an \
             address, or the whole resource, offboards exactly those people whom it onboarded. It \
             cannot be imported.",
        )
        .attributes([
            required("emails", Type::set(Type::String), "The addresses; case does not matter. Only new ones are sent when this changes.").same_when(same_emails).check(are_emails),
            optional("wait_for_completion", Type::Bool, "Whether to wait until the people are members of the organization, for at most `timeouts.create`. Default `true`.").default(true),
            optional("offboard_on_destroy", Type::Bool, "Whether to revoke tokens and free the seat of a person who is removed here. With `false` the user alone is removed. Default `true`.").default(true),
            optional("triggers", Type::map(Type::String), "Any values; when one changes, those who are not members yet are asked for again.").null_elements().null_is_empty(),
            computed("users", Type::map(person), "What became of each address: `id`, and `status`, which is `member`, `in_process`, `unavailable`, or `unknown` while the answer to the invitation was lost."),
            computed("total_organization_seats", Type::Number, "The seats of the subscription, as of the last invitation."),
            computed("available_organization_seats", Type::Number, "The seats that were free, as of the last invitation."),
        ])
        .block(timeouts::block([("create", "How long to wait for people to become members. Default `10m`.")]))
    }

    async fn plan(_: &mut Cx<Anaconda>, change: &mut Change) -> Result<()> {
        if !change.is_create() && !change.changes("emails") && !change.changes_elements("triggers")
        {
            for fact in ["users", "total_organization_seats", "available_organization_seats"] {
                change.set(fact, change.prior(fact).clone());
            }
        }
        Ok(())
    }

    async fn plan_delete(cx: &mut Cx<Anaconda>, state: Self) -> Result<()> {
        let waiting: Vec<_> = state.on_the_way().collect();
        if !waiting.is_empty() {
            cx.warn(may_still_arrive(&waiting));
        }
        Ok(())
    }

    async fn create(cx: &mut Cx<Anaconda>, plan: Self) -> Result<Self> {
        let empty = Self {
            users: Attr::Known(BTreeMap::new()),
            total_organization_seats: plan.total_organization_seats.or_answer(None),
            available_organization_seats: plan.available_organization_seats.or_answer(None),
            ..plan
        };
        invite::missing(cx, empty, &BTreeSet::new()).await
    }

    async fn read(cx: &mut Cx<Anaconda>, state: Self) -> Result<Option<Self>> {
        let Seen::Now(users) = members(cx).await? else { return Ok(Some(state)) };
        let lags = may_lag(cx)?;
        Ok(Some(state.refreshed(&users, lags)))
    }

    async fn update(cx: &mut Cx<Anaconda>, plan: Self, prior: Self) -> Result<Self> {
        let asks = plan.users.is_unknown();
        // Whoever is on the way is not asked for a second time, unless that is what is wanted.
        let elements = |this: &Self| this.triggers.clone().unwrap_or_default();
        let asks_again = elements(&plan) != elements(&prior);
        let on_the_way = if asks_again { BTreeSet::new() } else { lower_case(&prior.emails) };
        let mut state = Self {
            users: prior.users.clone(),
            total_organization_seats: prior.total_organization_seats,
            available_organization_seats: prior.available_organization_seats,
            ..plan
        };
        state.offboard_removed(cx, &prior).await?;
        state.spell_as_configured();
        if asks { invite::missing(cx, state, &on_the_way).await } else { Ok(state) }
    }

    async fn delete(cx: &mut Cx<Anaconda>, mut state: Self) -> Result<()> {
        let prior = state.clone();
        state.emails.clear();
        state.offboard_removed(cx, &prior).await
    }

    async fn import(_: &mut Cx<Anaconda>, _: &str) -> Result<Self> {
        Err(Diagnostic::error(
            "An onboarding cannot be imported",
            "Nobody can tell afterwards whom an onboarding brought in. Import the people as \
             `anaconda_user`, `anaconda_seat` and `anaconda_token`.",
        )
        .into())
    }
}

impl Onboarding {
    fn people(&self) -> impl Iterator<Item = (&String, &Person)> {
        self.users.as_known().into_iter().flatten()
    }

    fn with_status(&self, status: Status) -> impl Iterator<Item = &str> {
        self.people()
            .filter(move |(_, person)| person.status == status)
            .map(|(email, _)| email.as_str())
    }

    /// Those who may still arrive.
    fn on_the_way(&self) -> impl Iterator<Item = &str> {
        let waiting = self.people().filter(|(_, person)| person.status.may_arrive());
        waiting.map(|(email, _)| email.as_str())
    }

    /// Names the people as `emails` does, which may spell the addresses otherwise than before.
    fn spell_as_configured(&mut self) {
        let Some(people) = self.users.as_known() else { return };
        let spelled = |email: &String| {
            let same = |other: &&String| other.to_lowercase() == email.to_lowercase();
            self.emails.iter().find(same).unwrap_or(email).clone()
        };
        let people = people.iter().map(|(email, person)| (spelled(email), person.clone()));
        self.users = Attr::Known(people.collect());
    }

    fn wait(&self) -> Duration {
        Timeouts::create(self.timeouts.as_ref(), DEFAULT_WAIT)
    }

    /// The state after a look at the members.
    fn refreshed(self, members: &Users, lags: bool) -> Self {
        let mut people = BTreeMap::new();
        for (email, person) in self.people() {
            let now = arrival::seen(email, person, members, lags);
            people.extend(now.map(|now| (email.clone(), now)));
        }
        // Whoever was waited for and did not come is missing, and the next plan says so.
        let counts = |person: &Person| match person.status {
            Status::Member => true,
            Status::InProcess => !self.wait_for_completion,
            Status::Unknown | Status::Unavailable => false,
        };
        let there: BTreeSet<String> = people
            .iter()
            .filter(|(_, person)| counts(person))
            .map(|(email, _)| email.to_lowercase())
            .collect();
        let mut emails = self.emails.clone();
        emails.retain(|email| there.contains(&email.to_lowercase()));
        // Whoever was missing once and has come since is in again. If the address is not wanted any
        // more, the plan then offboards the person.
        let known = lower_case(&emails);
        let come = people.iter().filter(|(email, person)| {
            person.status == Status::Member && !known.contains(&email.to_lowercase())
        });
        emails.extend(come.map(|(email, _)| email.clone()));
        Self { emails, users: Attr::Known(people), ..self }
    }

    /// Offboards the people of `prior` whose address is not here any more, one after the other.
    ///
    /// # Errors
    /// Somebody could not be offboarded. Those who were are out of the kept state.
    async fn offboard_removed(&mut self, cx: &mut Cx<Anaconda>, prior: &Self) -> Result<()> {
        let wanted = lower_case(&self.emails);
        let removed = prior.people().filter(|(email, _)| !wanted.contains(&email.to_lowercase()));
        let mut people = prior.users.clone().known().unwrap_or_default();
        let anaconda = cx.client()?;
        for (email, person) in removed {
            let Some(id) = arrival::id_now(&anaconda, email, person).await? else {
                if person.status.may_arrive() {
                    cx.warn(may_still_arrive(&[email]));
                }
                people.remove(email);
                continue;
            };
            let called = format!("{email} ({id})");
            let gone = if self.offboard_on_destroy {
                offboard(&anaconda, &id, &called).await
            } else {
                remove_only(&anaconda, &id, &called).await
            };
            if let Err(problem) = gone {
                cx.keep(&Self { users: Attr::Known(people), ..prior.clone() })?;
                return Err(problem);
            }
            people.remove(email);
        }
        self.users = Attr::Known(people);
        Ok(())
    }
}

fn may_still_arrive(emails: &[&str]) -> Diagnostic {
    Diagnostic::warning(
        "People may still arrive",
        format!(
            "These people were invited, have not arrived, and are removed here: {}. An invitation \
             cannot be called off. If they appear in the organization, remove them there, or import \
             them as `anaconda_user` and destroy that.",
            emails.join(", ")
        ),
    )
}

fn lower_case(emails: &[String]) -> BTreeSet<String> {
    emails.iter().map(|email| email.to_lowercase()).collect()
}

/// The addresses of a set, spelling aside.
fn lower(value: &Value) -> BTreeSet<String> {
    match value {
        Value::List(items) => {
            items.iter().filter_map(Value::as_str).map(str::to_lowercase).collect()
        }
        _ => BTreeSet::new(),
    }
}

fn same_emails(a: &Value, b: &Value) -> bool {
    a.is_wholly_known() && b.is_wholly_known() && lower(a) == lower(b)
}

/// Refuses a set with something else than e-mail addresses in it, or with one of them twice.
pub(crate) fn are_emails(value: &Value) -> std::result::Result<(), String> {
    let Value::List(items) = value else { return Ok(()) };
    let wrong: Vec<_> =
        items.iter().filter_map(Value::as_str).filter(|text| !looks_like_email(text)).collect();
    if !wrong.is_empty() {
        return Err(format!("These are no e-mail addresses: {}.", wrong.join(", ")));
    }
    if lower(value).len() < items.len() {
        return Err("Two of the addresses differ only in case, so they are the same. Keep one of \
                    them."
            .to_owned());
    }
    Ok(())
}
