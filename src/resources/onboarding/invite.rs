//! Inviting those who are missing: one call for all of them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::{DEFAULT_WAIT, Onboarding, Person, Status, Timeouts, arrival, lower_case};
use crate::anaconda::Anaconda;
use crate::client::{Error, Users};
use crate::tf_provider::prelude::*;

/// Asks for all addresses that are not members, apart from those of `on_the_way` (in lower case)
/// that are in process, and waits if that is wanted.
pub(super) async fn missing(
    cx: &mut Cx<Anaconda>,
    mut state: Onboarding,
    on_the_way: &BTreeSet<String>,
) -> Result<Onboarding> {
    let mut anaconda = cx.client()?;
    anaconda.org = Timeouts::for_create(state.timeouts.as_ref(), &anaconda.org, DEFAULT_WAIT);
    let before = members_before(&anaconda).await;
    if let Before::Listed(members) = &before {
        // Who has arrived since the last look is not asked for again.
        let people = state.people().filter_map(|(email, person)| {
            Some((email.clone(), arrival::seen(email, person, members, false)?))
        });
        state.users = Attr::Known(people.collect());
    }
    let is_there = |(email, person): &(&String, &Person)| match person.status {
        Status::Member => true,
        Status::InProcess => on_the_way.contains(&email.to_lowercase()),
        Status::Unknown | Status::Unavailable => false,
    };
    let there: BTreeSet<String> =
        state.people().filter(is_there).map(|(email, _)| email.to_lowercase()).collect();
    let asked: Vec<String> = state
        .emails
        .iter()
        .filter(|email| !there.contains(&email.to_lowercase()))
        .cloned()
        .collect();
    if !asked.is_empty() {
        let answer = match anaconda.org.onboard(&asked).await {
            Ok(answer) => {
                state.total_organization_seats = answer.total_seats.into();
                state.available_organization_seats = answer.available_seats.into();
                Some(lower_case(&answer.in_process))
            }
            // An error would taint a new resource; see below.
            Err(error) if error.outcome_unknown() => {
                cx.warn(answer_lost(&asked, &error));
                None
            }
            Err(error) => return Err(error.into()),
        };
        let mut people: BTreeMap<_, _> = state.users.known().unwrap_or_default();
        let asked_before: BTreeSet<String> = people
            .iter()
            .filter(|(_, person)| person.status.may_arrive())
            .map(|(email, _)| email.to_lowercase())
            .collect();
        people.retain(|email, _| there.contains(&email.to_lowercase()));
        for email in asked {
            let lower = email.to_lowercase();
            let status = match &answer {
                Some(accepted) if accepted.contains(&lower) => Status::InProcess,
                // Unavailable maybe because of our own earlier invitation.
                _ if asked_before.contains(&lower) => Status::Unknown,
                None if before.is_free(&email) => Status::Unknown,
                Some(_) | None => Status::Unavailable,
            };
            people.insert(email, Person { id: None, status });
        }
        state.users = Attr::Known(people);
        cx.keep(&state)?;
    }
    tell_unavailable(cx, &state);
    if state.wait_for_completion {
        match arrival::wait(cx, &mut state).await {
            Ok(true) => {
                tell_late(cx, &state);
                tell_unknown(cx, &state);
            }
            Ok(false) => tell_unseen(cx, &state),
            // An error would taint a new resource, and the next run would offboard everybody whom
            // this one has invited. They are invited; only the look at them failed.
            Err(problem) => problem.into_iter().for_each(|one| cx.warn(not_looked_at(&one))),
        }
    }
    Ok(state)
}

/// Who was in the organization before the invitation.
enum Before {
    Listed(Arc<Users>),
    /// Members cannot be listed here, so nobody will ever be seen to arrive.
    NoListing,
    /// Looking failed.
    NotSeen,
}

impl Before {
    /// Whether an address that is a member's later was nobody's before. Where looking failed, that
    /// may not be said: a person who was there must never be offboarded as one of ours.
    fn is_free(&self, email: &str) -> bool {
        match self {
            Self::Listed(members) => members.by_email(email).is_none(),
            Self::NoListing => true,
            Self::NotSeen => false,
        }
    }
}

/// Looks at the members before the invitation. A failure keeps nobody from being invited.
async fn members_before(anaconda: &Anaconda) -> Before {
    match anaconda.org.users().await {
        Ok(Some(members)) => Before::Listed(members),
        Ok(None) => Before::NoListing,
        Err(error) => {
            tracing::warn!(%error, "the members could not be listed before an invitation");
            Before::NotSeen
        }
    }
}

fn answer_lost(asked: &[String], error: &Error) -> Diagnostic {
    Diagnostic::warning(
        "The answer to an invitation was lost",
        format!(
            "These people may be invited, or not: {}. The reason: {error}.\n\nTerraform looks \
             whether they arrive. The next plan proposes whoever did not; to invite them again does no \
             harm.",
            asked.join(", ")
        ),
    )
    .at("emails")
}

/// Warns about those who did not come and may not have been invited.
fn tell_unknown(cx: &mut Cx<Anaconda>, state: &Onboarding) {
    let unknown: Vec<_> = state.with_status(Status::Unknown).collect();
    if !unknown.is_empty() {
        cx.warn(Diagnostic::warning(
            "Whether some people are invited is not known",
            format!(
                "These people have not arrived, and the answer to their invitation was lost: {}. The \
                 next plan proposes them again. If Anaconda calls them unavailable each time, they have \
                 an account already (use `anaconda_user` for them), or there is no free seat.",
                unknown.join(", ")
            ),
        )
        .at("emails"));
    }
}

/// Warns about those whom Anaconda refused, with what may be the reason and what helps.
fn tell_unavailable(cx: &mut Cx<Anaconda>, state: &Onboarding) {
    let unavailable: Vec<_> = state.with_status(Status::Unavailable).collect();
    if !unavailable.is_empty() {
        cx.warn(Diagnostic::warning(
            "Some people could not be onboarded",
            format!(
                "Anaconda calls these addresses unavailable: {}. Either they have an Anaconda account \
                 already (use `anaconda_user`, `anaconda_seat` and `anaconda_token` for them, and take \
                 them out here), or no seat was left (free after the call: {}). The next plan proposes \
                 them again.",
                unavailable.join(", "),
                state.available_organization_seats.as_known().map_or("not known".to_owned(), u64::to_string)
            ),
        )
        .at("emails"));
    }
}

/// Warns about those who were waited for and did not come.
fn tell_late(cx: &mut Cx<Anaconda>, state: &Onboarding) {
    let late: Vec<_> = state.with_status(Status::InProcess).collect();
    if !late.is_empty() {
        cx.warn(Diagnostic::warning(
            "Some people have not arrived",
            format!(
                "Anaconda accepted these addresses, and they were not in the organization within {} \
                 s: {}. Anaconda gives no reason; check the spelling, and whether the address can \
                 receive mail. If they arrive later, the next plan sees them; if not, it proposes them \
                 again. For a person who has an account, use `anaconda_user`.",
                state.wait().as_secs(),
                late.join(", ")
            ),
        )
        .at("emails"));
    }
}

fn not_looked_at(problem: &Diagnostic) -> Diagnostic {
    Diagnostic::warning(
        "Whether the people have arrived is not known",
        format!(
            "The people are invited, and looking for them in the organization failed. The next plan \
             looks again. {}: {}",
            problem.summary, problem.detail
        ),
    )
}

/// Warns about those for whom waiting is no use.
fn tell_unseen(cx: &mut Cx<Anaconda>, state: &Onboarding) {
    let waiting: Vec<_> = state.on_the_way().collect();
    if !waiting.is_empty() {
        cx.warn(Diagnostic::warning(
            "Nobody can see who arrives",
            format!(
                "Anaconda accepted these addresses, and Terraform takes them to be there from now on: \
                 {}. This deployment cannot list the users of an organization, so look at its page. \
                 Terraform cannot offboard them either, as it does not know their ids.",
                waiting.join(", ")
            ),
        )
        .at("emails"));
    }
}
