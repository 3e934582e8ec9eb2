//! Whether invited people have arrived in the organization, and waiting for them.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, sleep};
use tracing::info;

use super::{Onboarding, Person, Status};
use crate::anaconda::Anaconda;
use crate::client::{UserId, Users};
use crate::tf_provider::prelude::*;

const FIRST_PAUSE: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(15);

/// What a look at the members says about one address. `None`: a person whom we onboarded is gone,
/// which no listing that still `lags` can tell.
///
/// An address that was unavailable stays so, even if it is a member's: whoever that is, this
/// resource did not bring them in and must never remove them.
pub(super) fn seen(email: &str, person: &Person, members: &Users, lags: bool) -> Option<Person> {
    match (person.status, &person.id) {
        (Status::Member, Some(id)) if !lags => members.by_id(id).map(|_| person.clone()),
        (Status::InProcess | Status::Unknown, _) => Some(match members.by_email(email) {
            Some(member) => Person { id: Some(member.id.clone()), status: Status::Member },
            None => person.clone(),
        }),
        _ => Some(person.clone()),
    }
}

/// The person's UUID, if this resource brought them in and they are there.
pub(super) async fn id_now(
    anaconda: &Anaconda,
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

/// Waits until all who are in process are members, or the time is over, or the run is stopped.
/// The answer is whether anybody could look: not where the members cannot be listed.
///
/// # Errors
/// The members could not be listed.
pub(super) async fn wait(cx: &mut Cx<Anaconda>, state: &mut Onboarding) -> Result<bool> {
    let anaconda = cx.client()?;
    let deadline = Instant::now() + state.wait();
    let mut pause = FIRST_PAUSE;
    loop {
        anaconda.org.refresh_users();
        let Some(members) = anaconda.org.users().await? else { return Ok(false) };
        let people: BTreeMap<_, _> = state
            .people()
            .filter_map(|(email, person)| {
                Some((email.clone(), seen(email, person, &members, false)?))
            })
            .collect();
        state.users = Attr::Known(people);
        let waiting = state.on_the_way().count();
        info!(waiting, members = members.len(), "waiting for people to arrive");
        if waiting == 0 || Instant::now() >= deadline {
            return Ok(true);
        }
        tokio::select! {
            () = sleep(pause.min(deadline - Instant::now())) => {}
            () = cx.stop().cancelled() => return Ok(true),
        }
        pause = (pause * 2).min(LONGEST_PAUSE);
    }
}
