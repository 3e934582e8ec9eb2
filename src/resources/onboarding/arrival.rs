//! Detection of invited people who have become members, and waiting for them.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::info;

use super::people::{People, Person, Status};
use crate::client::{Error, UserId, Users};
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Marks the pending people whom the list shows as members.
///
/// An email address that was unavailable stays so, even if it belongs to a member. This resource
/// did not onboard that member and must never remove them.
pub(super) fn note(people: &mut People, members: &Users) {
    people.update(|email, person| {
        if let Some(member) = members.by_email(email).filter(|_| person.status.is_pending()) {
            *person = Person { id: Some(member.id.clone()), status: Status::Member };
        }
    });
}

/// Returns the UUID of the person, if this resource onboarded them and they are a member.
pub(super) async fn id_now(
    anaconda: &ProviderData,
    email: &str,
    person: &Person,
) -> Result<Option<UserId>> {
    match (person.status, &person.id) {
        (Status::Member, id) => Ok(id.clone()),
        (Status::InProcess | Status::Unknown, _) => {
            anaconda.org.refresh_users();
            let members = anaconda.org.users().await?;
            Ok(members.and_then(|members| members.by_email(email).map(|member| member.id.clone())))
        }
        (Status::Unavailable, _) => Ok(None),
    }
}

/// The result of waiting for invited people.
pub(super) enum Waited {
    /// All invited people are members, or the timeout has passed.
    ToTheEnd,
    /// The run was canceled.
    Interrupted,
    /// This deployment cannot list members.
    NoListing,
}

/// Waits until the invited people are members, for at most `time`.
///
/// # Errors
/// Returns an error if the members could not be listed.
pub(super) async fn wait(
    cx: &Context<ProviderData>,
    people: &mut People,
    invited: &[String],
    time: Duration,
) -> std::result::Result<Waited, Error> {
    let Ok(anaconda) = cx.client() else { return Ok(Waited::NoListing) };
    // A deadline that the clock cannot represent never passes.
    let deadline = Instant::now().checked_add(time);
    let mut pause = FIRST_PAUSE;
    loop {
        anaconda.org.refresh_users();
        match anaconda.org.users().await {
            Ok(Some(members)) => note(people, &members),
            Ok(None) => return Ok(Waited::NoListing),
            Err(_) if cx.cancellation().is_cancelled() => return Ok(Waited::Interrupted),
            Err(error) => return Err(error),
        }
        let is_missing =
            |email: &&String| people.get(email).is_some_and(|it| it.status.is_pending());
        let waiting = invited.iter().filter(is_missing).count();
        info!(waiting, "waiting for onboarding");
        let left = deadline.map(|end| end.saturating_duration_since(Instant::now()));
        if waiting == 0 || left.is_some_and(|left| left.is_zero()) {
            return Ok(Waited::ToTheEnd);
        }
        tokio::select! {
            () = sleep(left.map_or(pause, |left| pause.min(left))) => {}
            () = cx.cancellation().cancelled() => return Ok(Waited::Interrupted),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
