//! Whether invited people have arrived in the organization, and waiting for them.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::info;

use super::people::{People, Person, Status};
use crate::client::{Error, UserId, Users};
use crate::provider_data::ProviderData;
use crate::tf_provider::prelude::*;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// Makes members of the pending people whom the listing shows.
///
/// An address that was unavailable stays so, even if it is a member's: whoever that is, this
/// resource did not bring them in and must never remove them.
pub(super) fn note(people: &mut People, members: &Users) {
    people.update(|email, person| {
        if let Some(member) = members.by_email(email).filter(|_| person.status.is_pending()) {
            *person = Person { id: Some(member.id.clone()), status: Status::Member };
        }
    });
}

/// The person's UUID, if this resource brought them in and they are there.
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

/// How waiting ended.
pub(super) enum Waited {
    /// All are there, or the time is over.
    ToTheEnd,
    /// The run was canceled.
    Interrupted,
    /// Members cannot be listed here.
    NoListing,
}

/// Waits until the invited people are members, for at most `time`.
///
/// # Errors
/// The members could not be listed.
pub(super) async fn wait(
    cx: &Context<ProviderData>,
    people: &mut People,
    invited: &[String],
    time: Duration,
) -> std::result::Result<Waited, Error> {
    let Ok(anaconda) = cx.client() else { return Ok(Waited::NoListing) };
    // A time beyond all clocks never ends.
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
