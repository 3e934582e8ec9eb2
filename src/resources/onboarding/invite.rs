//! Inviting those who are missing: one call for all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::{Onboarding, Person, Status, arrival};
use crate::anaconda::Anaconda;
use crate::tf_provider::prelude::*;

/// Asks for all addresses that are not members, apart from those of `on_the_way` (in lower case)
/// that are in process, and waits if that is wanted.
pub(super) async fn missing(
    cx: &mut Cx<Anaconda>,
    mut state: Onboarding,
    on_the_way: &BTreeSet<String>,
) -> Result<Onboarding> {
    let anaconda = cx.client()?;
    let is_there = |(email, person): &(&String, &Person)| match person.status {
        Status::Member => true,
        Status::InProcess => on_the_way.contains(&email.to_lowercase()),
        Status::Unavailable => false,
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
        let answer = anaconda.org.onboard(&asked).await?;
        state.total_organization_seats = answer.total_seats.into();
        state.available_organization_seats = answer.available_seats.into();
        let accepted: BTreeSet<String> =
            answer.in_process.iter().map(|email| email.to_lowercase()).collect();
        let mut people: BTreeMap<_, _> = state.users.known().unwrap_or_default();
        people.retain(|email, _| there.contains(&email.to_lowercase()));
        for email in asked {
            let in_process = accepted.contains(&email.to_lowercase());
            let status = if in_process { Status::InProcess } else { Status::Unavailable };
            people.insert(email, Person { id: None, status });
        }
        state.users = Attr::Known(people);
        cx.keep(&state)?;
    }
    tell_unavailable(cx, &state);
    if state.wait_for_completion {
        match arrival::wait(cx, &mut state).await {
            Ok(true) => tell_late(cx, &state),
            Ok(false) => tell_unseen(cx, &state),
            // An error would taint a new resource, and the next run would offboard everybody whom
            // this one has invited. They are invited; only the look at them failed.
            Err(problem) => problem.into_iter().for_each(|one| cx.warn(not_looked_at(&one))),
        }
    }
    Ok(state)
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
                 them out here), or no seat was left ({} were free after the call). The next plan \
                 proposes them again.",
                unavailable.join(", "),
                state.available_organization_seats.as_known().map_or("an unknown number".to_owned(), u64::to_string)
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
                "Anaconda accepted these addresses, but they were not in the organization within {} \
                 s: {}. Anaconda gives no reason; check the spelling, and whether the address can \
                 receive mail. If they arrive later, the next refresh sees them; if not, the next plan \
                 proposes them again. For a person who has an account, use `anaconda_user`.",
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
            "They are invited, but looking for them in the organization failed. The next refresh looks \
             again. {}: {}",
            problem.summary, problem.detail
        ),
    )
}

/// Warns about those for whom waiting is no use.
fn tell_unseen(cx: &mut Cx<Anaconda>, state: &Onboarding) {
    let waiting: Vec<_> = state.with_status(Status::InProcess).collect();
    if !waiting.is_empty() {
        cx.warn(Diagnostic::warning(
            "Nobody can see who arrives",
            format!(
                "This deployment of Anaconda cannot list the users of an organization. It accepted \
                 these addresses, and Terraform takes them to be there from now on: {}. Look at the \
                 organization's page. Without their ids Terraform cannot offboard them either.",
                waiting.join(", ")
            ),
        )
        .at("emails"));
    }
}
