//! Invitation of all missing people with one request.

use std::sync::Arc;
use std::time::Duration;

use super::arrival::{self, Waited};
use super::people::{Person, Status, lower_case};
use super::{DEFAULT_WAIT, Onboarding, Timeouts, messages};
use crate::client::Users;
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

/// Invites these people with one request, except those who have become members meanwhile.
///
/// Then waits for them if `wait_for_completion` is set.
pub(super) async fn invite(
    cx: &mut Context<ProviderData>,
    mut state: Onboarding,
    wanted: Vec<String>,
) -> Result<Onboarding> {
    let mut anaconda = cx.client()?;
    anaconda.org = Timeouts::for_create(state.timeouts.as_ref(), &anaconda.org, DEFAULT_WAIT);
    let mut people = state.people();
    let before = members_before(&anaconda).await;
    if let Before::Listed(members) = &before {
        // Do not invite people who have become members since the last refresh.
        arrival::note(&mut people, members);
    }
    let is_member =
        |email: &String| people.get(email).is_some_and(|it| it.status == Status::Member);
    let asked: Vec<_> = wanted.into_iter().filter(|email| !is_member(email)).collect();
    state.users = (&people).into();
    if asked.is_empty() {
        return Ok(state);
    }
    let answer = match anaconda.org.onboard(&asked).await {
        Ok(answer) => {
            state.total_organization_seats = answer.total_seats.into();
            state.available_organization_seats = answer.available_seats.into();
            Some(lower_case(&answer.in_process))
        }
        // An error would taint a new resource: see `wait`.
        Err(error) if error.outcome_unknown() => {
            cx.warn(messages::answer_lost(&asked, &error));
            None
        }
        Err(error) => return Err(error.into()),
    };
    // Another onboarding might have released a member after this one was planned.
    let released_id = |email: &str| anaconda.onboardings.released(email);
    for email in &asked {
        let status = match (&answer, people.get(email).map(|it| it.status)) {
            _ if released_id(email).is_some() => Status::Member,
            (Some(accepted), _) if accepted.contains(&email.to_lowercase()) => Status::InProcess,
            // The address might be unavailable because of an earlier invitation by this resource.
            (Some(_), Some(before)) if before.is_pending() => Status::InProcess,
            (None, Some(before)) if before.is_pending() => Status::Unknown,
            (None, _) if before.is_free(email) => Status::Unknown,
            _ => Status::Unavailable,
        };
        people.set(email, Person { id: released_id(email), status });
    }
    state.users = (&people).into();
    cx.save_partial_state(&state)?;
    let among_asked = |status| {
        let is = |email: &&String| people.get(email).is_some_and(|it| it.status == status);
        asked.iter().filter(is).map(String::as_str).collect::<Vec<_>>()
    };
    let unavailable = among_asked(Status::Unavailable);
    if !unavailable.is_empty() {
        let seats = state.available_organization_seats.as_known().copied();
        let seats = seats.and_then(|seats| i64::try_from(seats).ok());
        cx.warn(messages::are_unavailable(&unavailable, seats));
    }
    if state.wait_for_completion {
        wait(cx, &mut state, &asked).await;
    }
    Ok(state)
}

/// Waits for the invited people. A failure is only a warning.
///
/// An error would taint a new resource, and the next run would offboard everyone whom this run
/// invited. The invitations succeeded; only the check for members failed.
async fn wait(cx: &mut Context<ProviderData>, state: &mut Onboarding, asked: &[String]) {
    let time = state.wait();
    let mut people = state.people();
    let waited = arrival::wait(cx, &mut people, asked, time).await;
    state.users = (&people).into();
    let with_status = |status| {
        let is = |email: &&String| people.get(email).is_some_and(|it| it.status == status);
        asked.iter().filter(is).map(String::as_str).collect::<Vec<_>>()
    };
    let (late, unknown) = (with_status(Status::InProcess), with_status(Status::Unknown));
    match waited {
        Ok(Waited::ToTheEnd) => {
            if !late.is_empty() {
                cx.warn(messages::have_not_arrived(&late, &within(time)));
            }
            if !unknown.is_empty() {
                cx.warn(messages::are_unknown(&unknown));
            }
        }
        Ok(Waited::Interrupted) => {
            let missing = [late, unknown].concat();
            if !missing.is_empty() {
                cx.warn(messages::wait_interrupted(&missing));
            }
        }
        Ok(Waited::NoListing) => {
            let missing = [late, unknown].concat();
            if !missing.is_empty() {
                cx.warn(messages::cannot_be_seen(&missing));
            }
        }
        Err(error) => {
            let problem = Diagnostics::from(error);
            problem.iter().for_each(|one| cx.warn(messages::not_looked_at(one)));
        }
    }
}

fn within(time: Duration) -> String {
    format!(" after {} seconds", time.as_secs())
}

/// The members of the organization before the invitation.
enum Before {
    Listed(Arc<Users>),
    /// This deployment cannot list members, so the provider never sees an invited person become
    /// one.
    NoListing,
    /// The list request failed.
    NotSeen,
}

impl Before {
    /// Reports whether an email address belonged to no member before the invitation.
    ///
    /// Returns `false` if the list request failed: this resource must never offboard a person who
    /// was a member before.
    fn is_free(&self, email: &str) -> bool {
        match self {
            Self::Listed(members) => members.by_email(email).is_none(),
            Self::NoListing => true,
            Self::NotSeen => false,
        }
    }
}

/// Lists the members before the invitation. A failure does not prevent the invitation.
async fn members_before(anaconda: &ProviderData) -> Before {
    match anaconda.org.users().await {
        Ok(Some(members)) => Before::Listed(members),
        Ok(None) => Before::NoListing,
        Err(error) => {
            tracing::warn!(%error, "the members could not be listed before an invitation");
            Before::NotSeen
        }
    }
}
